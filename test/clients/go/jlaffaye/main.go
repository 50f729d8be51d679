// Command jlaffaye does one FTP job with github.com/jlaffaye/ftp. Package job
// tells its command line. Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list
// DIR, delete NAME, rename FROM TO, download-tree REMOTE LOCAL.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jlaffaye/ftp"

	"ftpbridge/test/clients/job"
)

func main() { job.Run(open) }

func open(l job.Login) (job.Jobs, func() error, error) {
	if l.Active {
		return nil, nil, errors.New("jlaffaye/ftp has no active mode")
	}
	var options []ftp.DialOption
	switch {
	case l.TLS != nil && l.ImplicitTLS:
		options = append(options, ftp.DialWithTLS(l.TLS))
	case l.TLS != nil:
		options = append(options, ftp.DialWithExplicitTLS(l.TLS))
	}
	conn, err := ftp.Dial(l.Addr, options...)
	if err != nil {
		return nil, nil, err
	}
	if err := conn.Login(l.User, l.Password); err != nil {
		return nil, nil, errors.Join(err, conn.Quit())
	}
	c := client{conn}
	return job.Jobs{
		"upload":        c.upload,
		"download":      c.download,
		"list":          c.list,
		"delete":        func(name, _ string) error { return conn.Delete(name) },
		"rename":        conn.Rename,
		"download-tree": c.downloadTree,
	}, conn.Quit, nil
}

type client struct{ *ftp.ServerConn }

func (c client) upload(local, remote string) error {
	f, err := os.Open(local)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.Stor(remote, f)
}

func (c client) download(remote, local string) error {
	body, err := c.Retr(remote)
	if err != nil {
		return err
	}
	f, err := os.Create(local)
	if err != nil {
		return errors.Join(err, body.Close())
	}
	defer f.Close()
	_, err = io.Copy(f, body)
	return errors.Join(err, body.Close())
}

func (c client) list(dir, _ string) error {
	entries, err := c.List(dir)
	for _, entry := range entries {
		fmt.Println(entry.Name)
	}
	return err
}

// downloadTree fetches what the library's walker finds.
func (c client) downloadTree(remote, local string) error {
	files := map[string]string{}
	for walker := c.Walk(remote); walker.Next(); {
		if err := walker.Err(); err != nil {
			return err
		}
		name, err := filepath.Rel(remote, walker.Path())
		if err != nil {
			return err
		}
		if walker.Stat().Type == ftp.EntryTypeFile {
			files[walker.Path()] = filepath.Join(local, name)
		}
	}
	for from, to := range files {
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := c.download(from, to); err != nil {
			return err
		}
	}
	return nil
}
