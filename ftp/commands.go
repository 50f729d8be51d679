package ftp

import (
	"context"
	"strings"
)

// command is one verb: what it does and all the rules that apply to it. FEAT,
// HELP, 501, 530 and what may be answered during a transfer follow from it.
type command struct {
	name  string
	alias string // the X form of RFC 775 that old clients send

	// Of the three ways to handle a command a row has one, or run for when
	// there is no argument and job for when there is one.
	run      handler         // from the session's own state
	job      handler         // by calls of the Driver or the FileSystem
	transfer transferHandler // over a data connection

	arg        argumentRule
	public     bool // allowed before login
	inTransfer bool // without an argument, answered while a transfer runs

	feature func(*session) string // line of FEAT; nil or "": none
	syntax  string                // argument as HELP shows it
}

type (
	handler         func(*session, context.Context, string) reply
	transferHandler func(*session, context.Context, *transfer) reply
)

type argumentRule int

const (
	noArgument argumentRule = iota
	optional
	required
)

// commandSet is the table of all commands.
type commandSet struct {
	rows   []command
	byName map[string]*command
}

func newCommandSet() *commandSet {
	set := &commandSet{byName: make(map[string]*command)}
	set.rows = []command{
		{name: "USER", run: (*session).userName, arg: required, public: true, syntax: "name"},
		{name: "PASS", job: (*session).password, arg: optional, public: true, syntax: "password"},
		{name: "ACCT", run: (*session).account, arg: required, public: true, syntax: "account"},
		{name: "REIN", run: (*session).reinitialize, public: true},
		{name: "QUIT", run: (*session).quit, public: true},

		{name: "AUTH", run: (*session).auth, arg: required, public: true, feature: tlsFeature("AUTH TLS"), syntax: "TLS"},
		{name: "PBSZ", run: (*session).bufferSize, arg: required, public: true, feature: tlsFeature("PBSZ"), syntax: "0"},
		{name: "PROT", run: (*session).protection, arg: required, public: true, feature: tlsFeature("PROT"), syntax: "P | C"},
		{name: "CCC", run: (*session).clearControl},

		{name: "NOOP", run: (*session).noop, arg: optional, public: true, inTransfer: true},
		{name: "SYST", run: (*session).system, public: true},
		{name: "FEAT", run: (*session).features, public: true},
		{name: "OPTS", run: (*session).options, arg: required, public: true, feature: static("UTF8"), syntax: "command [options]"},
		{name: "HOST", run: (*session).host, arg: required, public: true, feature: static("HOST"), syntax: "name"},
		{name: "LANG", run: (*session).language, arg: optional, public: true, feature: static("LANG EN*"), syntax: "[EN]"},
		{name: "CSID", run: (*session).identity, arg: optional, public: true, feature: static("CSID"), syntax: "[fact=value; ...]"},
		{name: "CLNT", run: (*session).client, arg: required, public: true, feature: static("CLNT"), syntax: "name"},
		{name: "HELP", run: (*session).help, arg: optional, public: true, syntax: "[command]"},
		{name: "STAT", run: (*session).status, job: (*session).listOnControl, arg: optional, inTransfer: true, syntax: "[path or pattern]"},

		{name: "PWD", alias: "XPWD", run: (*session).workingDir},
		{name: "CWD", alias: "XCWD", job: (*session).changeDir, arg: required, feature: static("TVFS"), syntax: "path"},
		{name: "CDUP", alias: "XCUP", run: (*session).changeUp},
		{name: "MKD", alias: "XMKD", job: (*session).makeDir, arg: required, syntax: "path"},
		{name: "RMD", alias: "XRMD", job: (*session).removeDir, arg: required, syntax: "path"},

		{name: "AVBL", run: (*session).available, arg: optional, syntax: "[path]"},

		{name: "LIST", transfer: (*session).list, arg: optional, syntax: "[-R] [path or pattern]"},
		{name: "NLST", transfer: (*session).nameList, arg: optional, syntax: "[-lR] [path or pattern]"},
		{name: "MLSD", transfer: (*session).machineList, arg: optional, syntax: "[path]"},
		{name: "MLST", job: (*session).machineStat, arg: optional, feature: (*session).factFeature, syntax: "[path]"},

		{name: "SIZE", job: (*session).size, arg: required, feature: static("SIZE"), syntax: "path"},
		{name: "MDTM", job: (*session).modified, arg: required, feature: static("MDTM"), syntax: "path"},
		{name: "MFMT", job: (*session).modifyTime, arg: required, feature: static("MFMT"), syntax: "YYYYMMDDhhmmss path"},
		{name: "MFF", job: (*session).modifyFact, arg: required, feature: static("MFF modify;"), syntax: "modify=YYYYMMDDhhmmss; path"},
		{name: "HASH", job: (*session).hashFile, arg: required, feature: (*session).hashFeature, syntax: "path"},
		{name: "RANG", run: (*session).rangeOfHash, arg: required, syntax: "start end"},
		{name: "XCRC", job: checksum("XCRC", HashCRC32), arg: required, feature: static("XCRC"), syntax: sumSyntax},
		{name: "XMD5", job: checksum("XMD5", HashMD5), arg: required, feature: static("XMD5"), syntax: sumSyntax},
		{name: "XSHA1", alias: "XSHA", job: checksum("XSHA1", HashSHA1), arg: required, feature: static("XSHA1"), syntax: sumSyntax},
		{name: "XSHA256", job: checksum("XSHA256", HashSHA256), arg: required, feature: static("XSHA256"), syntax: sumSyntax},
		{name: "XSHA512", job: checksum("XSHA512", HashSHA512), arg: required, feature: static("XSHA512"), syntax: sumSyntax},
		{name: "DELE", job: (*session).remove, arg: required, syntax: "path"},
		{name: "RNFR", job: (*session).renameOld, arg: required, syntax: "path"},
		{name: "RNTO", job: (*session).renameNew, arg: required, syntax: "path"},

		{name: "REST", run: (*session).restartAt, arg: required, feature: static("REST STREAM"), syntax: "offset"},
		{name: "ALLO", run: (*session).allocate, arg: required, syntax: "size [R recordsize]"},
		{name: "RETR", transfer: (*session).retrieve, arg: required, syntax: "path"},
		{name: "STOR", transfer: (*session).store, arg: required, syntax: "path"},
		{name: "STOU", transfer: (*session).storeUnique, arg: optional, syntax: "[path]"},
		{name: "ABOR", run: (*session).abort},

		{name: "TYPE", run: (*session).dataType, arg: required, syntax: "A | I | L 8"},
		{name: "MODE", run: (*session).mode, arg: required, syntax: "S"},
		{name: "STRU", run: (*session).structure, arg: required, syntax: "F"},
		{name: "PASV", run: (*session).passive},
		{name: "EPSV", run: (*session).extendedPassive, arg: optional, feature: static("EPSV"), syntax: "[protocol | ALL]"},
		{name: "PORT", run: (*session).port, arg: required, syntax: "h1,h2,h3,h4,p1,p2"},
		{name: "EPRT", run: (*session).extendedPort, arg: required, feature: (*session).activeFeature, syntax: "|protocol|address|port|"},

		{name: "SITE", run: (*session).siteHelp, public: true},
		{name: "SITE HELP", run: (*session).siteHelp, arg: optional, public: true},
		{name: "SITE CHMOD", run: (*session).siteMode, arg: required, syntax: "mode path"},
		{name: "SITE UMASK", run: (*session).siteMask, arg: optional, syntax: "[mode]"},
		{name: "SITE IDLE", run: (*session).siteIdle, arg: optional, syntax: "[seconds]"},
		{name: "SITE UTIME", job: (*session).siteTime, arg: required, syntax: "YYYYMMDDhhmmss path"},
	}
	for i := range set.rows {
		row := &set.rows[i]
		set.byName[row.name] = row
		if row.alias != "" {
			set.byName[row.alias] = row
		}
	}
	return set
}

func static(feature string) func(*session) string {
	return func(*session) string { return feature }
}

// admit finds the row of a command, or why it is refused.
func (c *commandSet) admit(req request, loggedIn bool) (*command, reply) {
	row := c.byName[req.verb]
	switch {
	case req.tooLong:
		return nil, answer(500, "Line too long.")
	case row == nil && isHTTP(req.verb):
		return nil, lastAnswer(500, "This is an FTP server.")
	case row == nil:
		return nil, answer(500, "Unknown command.")
	case !loggedIn && !row.public:
		return nil, answer(530, "Log in with USER and PASS first.")
	case row.arg == required && strings.TrimSpace(req.arg) == "":
		return nil, answerf(501, "Syntax: %s", row.usage())
	case row.arg == noArgument && strings.TrimSpace(req.arg) != "":
		return nil, answerf(501, "Syntax: %s", row.usage())
	}
	return row, reply{}
}

// isHTTP tells a line of an HTTP request from a command. A browser that was led
// here sends its cookies, and what a page had it send (ALPACA): none of it must
// be taken for commands.
func isHTTP(verb string) bool {
	switch verb {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI":
		return true
	}
	return strings.HasSuffix(verb, ":")
}

func (c *command) usage() string { return strings.TrimSpace(c.name + " " + c.syntax) }
