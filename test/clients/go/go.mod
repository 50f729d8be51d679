module ftpbridge/test/clients

go 1.26

require (
	github.com/jlaffaye/ftp v0.2.4
	github.com/secsy/goftp v0.0.0-20200609142545-aa2de14babf4
)
