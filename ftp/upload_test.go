package ftp_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestUploadAndDownload(t *testing.T) {
	files, c := serveFake(t)
	data := c.epsv()
	c.do("STOR a.txt", 150)
	write(t, data, "hello")
	data.Close()
	if got, want := c.want(226), "226 Stored 5 bytes, crc32c=00000000"; got != want {
		t.Errorf("reply %q, want %q", got, want)
	}
	if got, _ := files.get("/a.txt"); string(got) != "hello" {
		t.Errorf("stored %q", got)
	}
	data = c.epsv()
	c.do("REST 1", 350)
	if got, want := c.do("RETR a.txt", 150), "150 Sending a.txt (4 bytes)"; got != want {
		t.Errorf("reply %q, want %q", got, want)
	}
	if got := readAll(t, data); got != "ello" {
		t.Errorf("received %q", got)
	}
	c.want(226)
}

// beginUpload returns the data connection of an upload that has received "x".
func beginUpload(t *testing.T, files *fakeFiles, c *client) *net.TCPConn {
	t.Helper()
	data := c.epsv()
	c.do("STOR a.txt", 150)
	write(t, data, "x")
	if got := files.await(t); got != "read /a.txt" {
		t.Fatalf("event %q", got)
	}
	return data
}

func wantSuspended(t *testing.T, files *fakeFiles, cause string) {
	t.Helper()
	if got, want := files.await(t), "suspend /a.txt: "+cause; !strings.HasPrefix(got, want) {
		t.Errorf("event %q, want %q", got, want)
	}
	files.none(t)
	if _, ok := files.get("/a.txt"); ok {
		t.Error("the file was published")
	}
}

func TestUploadNotPublished(t *testing.T) {
	tests := map[string]struct {
		prepare string // a command before
		cut     func(t *testing.T, c *client, data *net.TCPConn)
		cause   string
		reply   int // 0: there is no one to tell
	}{
		"ABOR": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send("ABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"ABOR after a held command": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send("PWD\r\nABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"ABOR, then end of data": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send("ABOR\r\n")
				c.want(426)
				data.Close()
			},
			cause: "aborted by the client",
		},
		"ABOR with Synch, DM urgent": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				sendUrgent(t, c.conn, "\xff\xf4\xff\xf2")
				c.send("ABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"ABOR with Synch, IAC urgent": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				sendUrgent(t, c.conn, "\xff\xf4\xff")
				c.send("\xf2ABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"control connection closed": {
			cut:   func(t *testing.T, c *client, data *net.TCPConn) { c.conn.Close() },
			cause: "control connection lost",
		},
		"control connection reset": {
			cut:   func(t *testing.T, c *client, data *net.TCPConn) { reset(t, c.conn) },
			cause: "control connection lost",
		},
		"control connection closed, then end of data": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.conn.Close()
				data.Close()
			},
			cause: "control connection lost",
		},
		"control connection closed behind commands": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send(strings.Repeat("PWD\r\n", 40))
				c.conn.Close()
				data.Close()
			},
			cause: "control connection lost",
		},
		"data connection reset": {
			cut:   func(t *testing.T, c *client, data *net.TCPConn) { reset(t, data) },
			cause: "data connection lost", reply: 426,
		},
		"fewer bytes than ALLO": {
			prepare: "ALLO 2",
			cut:     func(t *testing.T, c *client, data *net.TCPConn) { data.Close() },
			cause:   "fewer bytes than announced by ALLO: 1 of 2", reply: 426,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			c.do("TYPE I", 200)
			if tt.prepare != "" {
				c.do(tt.prepare, 200)
			}
			data := beginUpload(t, files, c)
			tt.cut(t, c, data)
			wantSuspended(t, files, tt.cause)
			if tt.reply != 0 {
				c.want(tt.reply)
			}
		})
	}
}

// sendUrgent sends text with its last byte as TCP urgent data.
func sendUrgent(t *testing.T, conn *net.TCPConn, text string) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var sendErr error
	err = raw.Write(func(fd uintptr) bool {
		sendErr = unix.Sendto(int(fd), []byte(text), unix.MSG_OOB, nil)
		return true
	})
	if err := errors.Join(err, sendErr); err != nil {
		t.Fatal(err)
	}
}

func TestUploadPublished(t *testing.T) {
	tests := map[string]struct {
		prepare []string
		old     string // content before
		data    string
		want    string
	}{
		"empty":                        {nil, "", "", ""},
		"as many bytes as ALLO":        {[]string{"TYPE I", "ALLO 2"}, "", "ab", "ab"},
		"more bytes than ALLO":         {[]string{"TYPE I", "ALLO 1"}, "", "ab", "ab"},
		"ALLO counts no ASCII":         {[]string{"TYPE A", "ALLO 100"}, "", "ab", "ab"},
		"ALLO of the rest":             {[]string{"TYPE I", "REST 3", "ALLO 2"}, "abcd", "XY", "abcXY"},
		"ALLO of the whole":            {[]string{"TYPE I", "REST 3", "ALLO 5"}, "abcd", "XY", "abcXY"},
		"REST outlives TYPE":           {[]string{"REST 1", "TYPE I"}, "abcd", "XY", "aXY"},
		"ASCII mode changes no bytes":  {[]string{"TYPE A"}, "", "a\r\nb\nc\r", "a\r\nb\nc\r"},
		"ALLO is for one upload only":  {[]string{"TYPE I", "ALLO 5", "LIST"}, "", "ab", "ab"},
		"REST is for one command only": {[]string{"REST 1", "LIST"}, "abcd", "XY", "XY"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			if tt.old != "" {
				files.put("/a.txt", []byte(tt.old))
			}
			for _, command := range tt.prepare {
				if command == "LIST" {
					data := c.epsv()
					c.do(command, 150)
					readAll(t, data)
					c.want(226)
					continue
				}
				c.send(command + "\r\n")
				c.reply()
			}
			data := c.epsv()
			c.do("STOR a.txt", 150)
			write(t, data, tt.data)
			data.Close()
			c.want(226)
			if got, _ := files.get("/a.txt"); string(got) != tt.want {
				t.Errorf("stored %q, want %q", got, tt.want)
			}
		})
	}
}

func TestALLOAfterREST(t *testing.T) {
	for _, size := range []int{6, 3 - 1} { // of the whole; of the rest only
		files, c := serveFake(t)
		files.put("/a.txt", []byte("abcd"))
		c.do("TYPE I", 200)
		c.do("REST 3", 350)
		c.do(fmt.Sprintf("ALLO %d", size), 200)
		data := c.epsv()
		c.do("STOR a.txt", 150)
		write(t, data, "X")
		data.Close()
		c.want(426)
		if got, _ := files.get("/a.txt"); string(got) != "abcd" {
			t.Errorf("ALLO %d: the file became %q", size, got)
		}
	}
}

func TestControlLossDropsHeldCommands(t *testing.T) {
	files, c := serveFake(t)
	files.put("/old", nil)
	beginUpload(t, files, c)
	c.send("DELE old\r\n")
	c.conn.CloseWrite()
	wantSuspended(t, files, "control connection lost")
	c.want(426)
	c.wantEnd()
	if _, ok := files.get("/old"); !ok {
		t.Error("a command of a client that was gone was executed")
	}
}

func TestQuitDuringUpload(t *testing.T) {
	for name, leave := range map[string]func(*client){
		"client waits":       func(c *client) {},
		"client half-closes": func(c *client) { c.conn.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			data := beginUpload(t, files, c)
			c.send("PWD\r\nQUIT\r\n")
			leave(c)
			data.Close()
			c.want(226)
			c.want(257)
			c.want(221)
			c.wantEnd()
			if got := files.await(t); got != "commit /a.txt" {
				t.Errorf("event %q", got)
			}
		})
	}
}
