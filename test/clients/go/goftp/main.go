// Command goftp does one FTP job with github.com/secsy/goftp. Package job tells
// its command line. Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list DIR,
// delete NAME, rename FROM TO.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/secsy/goftp"

	"ftpbridge/test/clients/job"
)

func main() { job.Run(open) }

func open(l job.Login) (job.Jobs, func() error, error) {
	mode := goftp.TLSExplicit
	if l.ImplicitTLS {
		mode = goftp.TLSImplicit
	}
	client, err := goftp.DialConfig(goftp.Config{
		TLSConfig: l.TLS, TLSMode: mode,
		User: l.User, Password: l.Password, ActiveTransfers: l.Active,
		Timeout: time.Minute, // its own 5 s are short for a busy machine
	}, l.Addr)
	if err != nil {
		return nil, nil, err
	}
	return job.Jobs{
		"upload": func(local, remote string) error {
			f, err := os.Open(local)
			if err != nil {
				return err
			}
			defer f.Close()
			return client.Store(remote, f)
		},
		"download": func(remote, local string) error {
			f, err := os.Create(local)
			if err != nil {
				return err
			}
			defer f.Close()
			return client.Retrieve(remote, f)
		},
		"list": func(dir, _ string) error {
			entries, err := client.ReadDir(dir)
			for _, entry := range entries {
				fmt.Println(entry.Name())
			}
			return err
		},
		"delete": func(name, _ string) error { return client.Delete(name) },
		"rename": client.Rename,
	}, client.Close, nil
}
