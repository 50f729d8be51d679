package ftp_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
	"ftpbridge/bridge"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

var update = flag.Bool("update", false, "write the transcripts as they are now")

// TestTranscripts runs the conversations in testdata, each with a server on an
// empty store in memory, in clear and, but for those that are about TLS, within
// explicit and implicit TLS, where nothing may differ:
//
//	# comment
//	! put KEY TEXT       an object that is in the store already; a KEY may be quoted
//	> COMMAND            to the server; {port} and {eport} are a port of the client
//	< REPLY              from the server; {...} stands for what differs each time
//	>> LINE, << LINE     over the data connection
//	= CALL               that the command made to the store
//
// With -update it writes what the server answers instead of comparing.
func TestTranscripts(t *testing.T) {
	for _, path := range transcripts(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := newTranscript(t, inClear).run(string(text))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("%s (-file +now):\n%s", path, diff)
			}
			if strings.HasPrefix(filepath.Base(path), "tls") {
				return
			}
			for _, protection := range []protection{explicitTLS, implicitTLS} {
				if diff := cmp.Diff(got, newTranscript(t, protection).run(string(text))); diff != "" {
					t.Errorf("%s (-in clear +%s):\n%s", path, protection, diff)
				}
			}
		})
	}
}

func transcripts(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return paths
}

// TestTranscriptsCoverAllCommands holds the transcripts to every verb of HELP:
// accepted, refused before login, and refused for its argument.
func TestTranscriptsCoverAllCommands(t *testing.T) {
	said := map[string]map[string]bool{} // verb, first digit of a reply or code
	for _, path := range transcripts(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		verb := ""
		for line := range strings.Lines(string(text)) {
			if command, ok := strings.CutPrefix(line, "> "); ok {
				words := strings.Fields(strings.ToUpper(command))
				verb = words[0]
				if verb == "SITE" && len(words) > 1 {
					verb += " " + words[1]
				}
			}
			if reply, ok := strings.CutPrefix(line, "< "); ok && verb != "" {
				if said[verb] == nil {
					said[verb] = map[string]bool{}
				}
				said[verb][reply[:1]], said[verb][reply[:3]] = true, true
			}
		}
	}
	_, c := serveFake(t)
	neverDone := []string{"AVBL"}
	free := strings.Fields("USER PASS ACCT REIN QUIT AUTH PBSZ PROT NOOP SYST FEAT OPTS HOST LANG CSID CLNT HELP SITE SITE_HELP")
	anyArgument := strings.Fields("PASS NOOP HELP STAT AVBL LIST NLST MLSD MLST STOU LANG CSID SITE SITE_HELP SITE_UMASK SITE_IDLE")
	for _, verb := range listedVerbs(c.do("HELP", 214), "") {
		verbs := []string{verb}
		if verb == "SITE" {
			verbs = append(verbs, listedVerbs(c.do("SITE HELP", 214), "SITE ")...)
		}
		for _, verb := range verbs {
			word := strings.ReplaceAll(verb, " ", "_")
			if !said[verb]["2"] && !said[verb]["3"] && !slices.Contains(neverDone, word) {
				t.Errorf("no success of %s", verb)
			}
			if !slices.Contains(free, word) && !said[verb]["530"] {
				t.Errorf("no %s before login", verb)
			}
			if !slices.Contains(anyArgument, word) && !said[verb]["501"] {
				t.Errorf("no %s with a bad argument", verb)
			}
		}
	}
}

// listedVerbs are those in a reply to HELP.
func listedVerbs(help, before string) (verbs []string) {
	for line := range strings.Lines(help) {
		if strings.HasPrefix(line, " ") {
			for _, verb := range strings.Fields(line) {
				verbs = append(verbs, before+verb)
			}
		}
	}
	return verbs
}

// transcript is one conversation under way.
type transcript struct {
	t        *testing.T
	c        *client
	store    *mem.Store
	listener net.Listener // of the client, for active mode
	command  string       // the last
	data     func() net.Conn
	out      strings.Builder

	mu    sync.Mutex
	calls []string
}

func newTranscript(t *testing.T, p protection) *transcript {
	t.Helper()
	tr := &transcript{t: t, store: mem.New(mem.Options{PageSize: 2}), listener: listen(t, "127.0.0.1:0")}
	buffers := bufpool.New(16 << 20)
	driver := bridgeDriver{config: bridge.Config{
		Store:           layer.Intercept(tr.store, tr.record),
		Buffers:         buffers,
		PartSize:        5 << 20,
		PartConcurrency: 2,
		RenameMax:       10_000,
		Logger:          slog.New(slog.DiscardHandler),
	}}
	tr.c = connectTLS(t, &ftp.Server{Driver: driver, ActiveMode: true, TLS: serverTLS()}, p)
	return tr
}

// bridgeDriver admits "user" with "pass" to a store.
type bridgeDriver struct{ config bridge.Config }

func (d bridgeDriver) Login(_ context.Context, _ ftp.Client, user, password string) (ftp.FileSystem, error) {
	if user != "user" || password != "pass" {
		return nil, ftp.ErrLogin
	}
	return bridge.New(d.config), nil
}

// record keeps the calls that are requests to a real store.
func (tr *transcript) record(_ context.Context, call *layer.Call, run func() error) error {
	if call.Op != layer.OpRead && call.Op != layer.OpCloseReader {
		tr.mu.Lock()
		tr.calls = append(tr.calls, call.String())
		tr.mu.Unlock()
	}
	return run()
}

// run plays the client's lines and returns the whole conversation.
func (tr *transcript) run(text string) string {
	tr.t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "", "#":
			tr.write(line)
		case "!":
			tr.write(line)
			tr.prepare(rest)
		case ">":
			tr.write(line)
			var sends []string
			for _, next := range lines[i+1:] {
				if strings.HasPrefix(next, "> ") {
					break
				}
				if data, ok := strings.CutPrefix(next, ">> "); ok {
					sends = append(sends, data)
				}
			}
			tr.converse(rest, sends)
		case "<", "<<", ">>", "=": // written by converse
		default:
			tr.t.Fatalf("line %d: %q", i+1, line)
		}
	}
	return tr.out.String()
}

func (tr *transcript) prepare(directive string) {
	tr.t.Helper()
	directive, ok := strings.CutPrefix(directive, "put ")
	key, text, _ := strings.Cut(directive, " ")
	if quoted, err := strconv.QuotedPrefix(directive); err == nil {
		key, _ = strconv.Unquote(quoted) // that it is quoted is known
		text, ok = strings.CutPrefix(directive[len(quoted):], " ")
	}
	if !ok {
		tr.t.Fatalf("directive %q", directive)
	}
	data := []byte(text)
	opts := backends.PutOptions{Checksum: backends.Checksum(data)}
	if _, err := tr.store.Put(context.Background(), key, data, opts); err != nil {
		tr.t.Fatal(err)
	}
}

// converse sends one command and writes down all that follows from it.
func (tr *transcript) converse(command string, sends []string) {
	tr.t.Helper()
	tr.command = command
	port := tr.listener.Addr().(*net.TCPAddr).Port
	tr.c.send(strings.NewReplacer(
		"{port}", fmt.Sprintf("%d,%d", port>>8, port&255), "{eport}", fmt.Sprint(port),
	).Replace(command) + "\r\n")
	active := strings.HasPrefix(command, "PORT") || strings.HasPrefix(command, "EPRT")
	if active {
		tr.data = tr.accept
	}
	if verb, _, _ := strings.Cut(command, " "); tr.data != nil && strings.Contains("RETR STOR STOU LIST NLST MLSD", verb) {
		tr.transfer(verb, sends)
	} else {
		tr.reply()
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, call := range tr.calls {
		tr.write("= " + mask(call))
	}
	tr.calls = nil
}

func (tr *transcript) transfer(verb string, sends []string) {
	tr.t.Helper()
	open := tr.data
	tr.data = nil
	code := tr.reply()
	if code[0] != '1' {
		return
	}
	conn := tr.c.protect(open())
	defer conn.Close()
	for _, line := range sends {
		tr.write(">> " + line)
		write(tr.t, conn, line+"\r\n")
	}
	if verb != "STOR" && verb != "STOU" {
		for line := range strings.Lines(readAll(tr.t, conn)) {
			tr.write("<< " + mask(strings.TrimSuffix(line, "\r\n")))
		}
	}
	conn.Close()
	tr.reply()
}

func (tr *transcript) accept() net.Conn {
	tr.t.Helper()
	conn, err := tr.listener.Accept()
	if err != nil {
		tr.t.Fatal(err)
	}
	return conn
}

// reply writes down a reply and returns its code. What PASV and EPSV tell is
// where the next data connection goes.
func (tr *transcript) reply() string {
	tr.t.Helper()
	text := tr.c.reply()
	var p1, p2 int
	if _, err := fmt.Sscanf(text, "227 Entering Passive Mode (127,0,0,1,%d,%d)", &p1, &p2); err == nil {
		tr.dialData(p1<<8 | p2)
	}
	if _, err := fmt.Sscanf(text, "229 Entering Extended Passive Mode (|||%d|)", &p1); err == nil {
		tr.dialData(p1)
	}
	for line := range strings.SplitSeq(text, "\n") {
		tr.write("< " + mask(line))
	}
	tr.c.heed(tr.command, text)
	return text[:3]
}

func (tr *transcript) dialData(port int) {
	tr.t.Helper()
	conn := dial(tr.t, fmt.Sprintf("127.0.0.1:%d", port), "")
	tr.data = func() net.Conn { return conn }
}

func (tr *transcript) write(line string) { tr.out.WriteString(line + "\n") }

// mask puts {...} for ports and times.
func mask(line string) string {
	for _, m := range []struct{ pattern, with string }{
		{`\(127,0,0,1,\d+,\d+\)`, "(127,0,0,1,{port})"},
		{`\(\|\|\|\d+\|\)`, "(|||{eport}|)"},
		{`modify=\d{14}`, "modify={time}"},
		{`^213 20[2-9]\d{11}$`, "213 {time}"}, // but not what a client set
		{`[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d `, "{date} "},
		{`_\d{8}T\d{6}Z_[a-z2-7]+`, "_{unique}"},
	} {
		line = regexp.MustCompile(m.pattern).ReplaceAllString(line, m.with)
	}
	return line
}
