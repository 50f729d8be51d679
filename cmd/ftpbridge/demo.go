package main

import (
	"fmt"
	"io"
	"net"
	"strings"

	"ftpbridge/internal/config"
)

// printDemo tells how to use the demo, with lines that work when pasted into a
// shell: the generated password needs no quoting.
func printDemo(w io.Writer, cfg config.Config, address net.Addr) error {
	url := fmt.Sprintf("ftp://%s:%s@%s/", cfg.Username, cfg.Password.Reveal(), address)
	_, err := fmt.Fprintf(w, `ftpbridge demo: serving %[1]s on %[2]s

  user      %[3]s
  password  %[4]s

In another terminal, store a file, list, and fetch it again:

  echo hello | curl -T - %[5]shello.txt
  curl %[5]s
  curl %[5]shello.txt

To serve a bucket set FTPBRIDGE_STORE, FTPBRIDGE_USERNAME and FTPBRIDGE_PASSWORD;
"ftpbridge env" lists all variables. Ctrl-C ends the demo.

`, strings.TrimPrefix(cfg.Store, "file:"), address, cfg.Username, cfg.Password.Reveal(), url)
	return err
}
