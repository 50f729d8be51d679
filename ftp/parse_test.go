package ftp

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

// replyCode is the code that a parser's error becomes, 0 without one.
func replyCode(err error) int {
	if err == nil {
		return 0
	}
	return replyFor(err).code
}

func TestParsePort(t *testing.T) {
	for arg, want := range map[string]string{
		"132,235,1,2,24,131":   "132.235.1.2:6275",
		" 1,2,3,4,5,6 ":        "1.2.3.4:1286",
		"0,0,0,0,0,0":          "0.0.0.0:0",
		"255,255,255,255,9,09": "255.255.255.255:2313",
		"256,0,0,1,9,9":        "",
		"1,2,3,4,5":            "",
		"1,2,3,4,5,6,7":        "",
		"1,2,3,4,5,-6":         "",
		"1,2,3,4,+5,6":         "",
		"1, 2,3,4,5,6":         "",
		"1,2,3,4,,6":           "",
		"":                     "",
	} {
		got, err := parsePort(arg)
		if want == "" && replyCode(err) != 501 || want != "" && got.String() != want {
			t.Errorf("parsePort(%q) = %v, %v; want %q", arg, got, err, want)
		}
	}
}

func TestParseEPRT(t *testing.T) {
	tests := map[string]struct {
		want string
		code int
	}{
		"|1|132.235.1.2|6275|":               {"132.235.1.2:6275", 0},
		"|2|1080::8:800:200C:417A|5282|":     {"[1080::8:800:200c:417a]:5282", 0},
		"!1!10.0.0.1!1!":                     {"10.0.0.1:1", 0},
		"|2|::ffff:10.0.0.1|9|":              {"[::ffff:10.0.0.1]:9", 0},
		"|3|10.0.0.1|6275|":                  {"", 522},
		"|1|::1|6275|":                       {"", 501},
		"|2|10.0.0.1|6275|":                  {"", 501},
		"|1|10.0.0.1|65536|":                 {"", 501},
		"|1|10.0.0.1|6275":                   {"", 501},
		"|1|10.0.0.1|6275|x":                 {"", 501},
		"|1|10.0.0.1|6275||":                 {"", 501},
		"||10.0.0.1|6275|":                   {"", 501},
		"|1|localhost|6275|":                 {"", 501},
		"":                                   {"", 501},
		"\x011\x0110.0.0.1\x016275\x01":      {"", 501},
		"\u00b71\u00b710.0.0.1\u00b79\u00b7": {"", 501},
	}
	for arg, tt := range tests {
		got, err := parseEPRT(arg)
		if replyCode(err) != tt.code || err == nil && got.String() != tt.want {
			t.Errorf("parseEPRT(%q) = %v, %v; want %+v", arg, got, err, tt)
		}
	}
}

func TestParseEPSV(t *testing.T) {
	tests := map[string]struct {
		want epsvRequest
		code int
	}{
		"":      {epsvRequest{}, 0},
		"1":     {epsvRequest{protocol: 1}, 0},
		" 2 ":   {epsvRequest{protocol: 2}, 0},
		"all":   {epsvRequest{all: true}, 0},
		"3":     {epsvRequest{}, 522},
		"70000": {epsvRequest{}, 501},
		"x":     {epsvRequest{}, 501},
	}
	for arg, tt := range tests {
		if got, err := parseEPSV(arg); got != tt.want || replyCode(err) != tt.code {
			t.Errorf("parseEPSV(%q) = %+v, %v; want %+v", arg, got, err, tt)
		}
	}
}

func TestParseNumbers(t *testing.T) {
	tests := []struct {
		name  string
		parse func(string) (int64, error)
		arg   string
		want  int64
		fails bool
	}{
		{"REST", parseREST, "0", 0, false},
		{"REST", parseREST, " 42 ", 42, false},
		{"REST", parseREST, "9223372036854775807", 1<<63 - 1, false},
		{"REST", parseREST, "9223372036854775808", 0, true},
		{"REST", parseREST, "-1", 0, true},
		{"REST", parseREST, "+1", 0, true},
		{"REST", parseREST, "1 2", 0, true},
		{"REST", parseREST, "0x1", 0, true},
		{"ALLO", parseALLO, "0", 0, false},
		{"ALLO", parseALLO, "100", 100, false},
		{"ALLO", parseALLO, "100 R 80", 100, false},
		{"ALLO", parseALLO, "100  r  80 ", 100, false},
		{"ALLO", parseALLO, "100 80", 0, true},
		{"ALLO", parseALLO, "100 R", 0, true},
		{"ALLO", parseALLO, "100 R x", 0, true},
		{"ALLO", parseALLO, "100 X 80", 0, true},
		{"ALLO", parseALLO, "", 0, true},
		{"ALLO", parseALLO, "many", 0, true},
	}
	for _, tt := range tests {
		got, err := tt.parse(tt.arg)
		if got != tt.want || tt.fails && replyCode(err) != 501 || !tt.fails && err != nil {
			t.Errorf("%s %q = %d, %v; want %d", tt.name, tt.arg, got, err, tt.want)
		}
	}
}

func TestParseTYPE(t *testing.T) {
	tests := map[string]struct {
		binary bool
		code   int
	}{
		"I": {true, 0}, "i": {true, 0}, "L 8": {true, 0}, "l8": {true, 0}, " I ": {true, 0},
		"A": {false, 0}, "a n": {false, 0}, "A  N": {false, 0},
		"A T": {false, 504}, "A C": {false, 504}, "E": {false, 504}, "E N": {false, 504}, "L 36": {false, 504},
		"X": {false, 501}, "": {false, 501}, "A X": {false, 501}, "I N": {false, 501}, "L": {false, 501}, "L x": {false, 501},
	}
	for arg, tt := range tests {
		if binary, err := parseTYPE(arg); binary != tt.binary || replyCode(err) != tt.code {
			t.Errorf("parseTYPE(%q) = %v, %v; want %+v", arg, binary, err, tt)
		}
	}
}

func TestParseList(t *testing.T) {
	for arg, want := range map[string]listRequest{
		"":                {},
		"-la":             {long: true},
		"-a -l":           {long: true},
		"-1":              {},
		"-R dir":          {name: "dir", recursive: true},
		"-la dir":         {name: "dir", long: true},
		"-a -lR my dir":   {name: "my dir", long: true, recursive: true},
		"dir":             {name: "dir"},
		"dir -la":         {name: "dir -la"},
		"./-la":           {name: "./-la"},
		"-- -la":          {name: "-la"},
		"-":               {name: "-"},
		"- R":             {name: "- R"},
		"-la   spaced ":   {name: "spaced ", long: true},
		"my -la dir":      {name: "my -la dir"},
		"-la -- -strange": {name: "-strange", long: true},
	} {
		if got := parseList(arg); got != want {
			t.Errorf("parseList(%q) = %+v, want %+v", arg, got, want)
		}
	}
}

func TestParseRequest(t *testing.T) {
	for line, want := range map[string]request{
		"NOOP":                 {verb: "NOOP"},
		"retr a.txt":           {verb: "RETR", arg: "a.txt"},
		"RETR  a b ":           {verb: "RETR", arg: " a b "},
		"  pwd ":               {verb: "PWD"},
		"":                     {},
		"USER \xc3\xa4":        {verb: "USER", arg: "ä"},
		"site":                 {verb: "SITE"},
		"SITE  ":               {verb: "SITE", arg: " "},
		"site  chmod  644 a b": {verb: "SITE CHMOD", arg: " 644 a b"},
		"SITE help":            {verb: "SITE HELP"},
	} {
		if got := parseRequest(line); got != want {
			t.Errorf("parseRequest(%q) = %+v, want %+v", line, got, want)
		}
	}
}

func TestResolvePath(t *testing.T) {
	for _, tt := range []struct{ cwd, name, want string }{
		{"/", "a", "/a"},
		{"/d", "a", "/d/a"},
		{"/d", "/a", "/a"},
		{"/d", "..", "/"},
		{"/d", "../../../x", "/x"},
		{"/d", "/../../x", "/x"},
		{"/d", "", "/d"},
		{"/d", ".", "/d"},
		{"/d", "//a//b/", "/a/b"},
		{"/d", " ", "/d/ "},
		{"/d", "ä", "/d/ä"},
		{"/d", "a\x00", ""},
		{"/d", "a\r", ""},
		{"/d", "a\n", ""},
		{"/d", "\xff", ""},
	} {
		got, err := resolvePath(tt.cwd, tt.name)
		if got != tt.want || tt.want == "" && replyCode(err) != 553 {
			t.Errorf("resolvePath(%q, %q) = %q, %v; want %q", tt.cwd, tt.name, got, err, tt.want)
		}
	}
}

func FuzzParsePort(f *testing.F) {
	f.Add("127,0,0,1,200,13")
	f.Fuzz(func(t *testing.T, arg string) {
		got, err := parsePort(arg)
		if err == nil && (!got.Addr().Is4() || strings.Count(arg, ",") != 5) {
			t.Errorf("parsePort(%q) = %v", arg, got)
		}
	})
}

func FuzzParseEPRT(f *testing.F) {
	f.Add("|1|132.235.1.2|6275|")
	f.Add("|2|1080::8:800:200C:417A|5282|")
	f.Fuzz(func(t *testing.T, arg string) {
		got, err := parseEPRT(arg)
		if err != nil {
			return
		}
		protocol := "2"
		if got.Addr().Is4() {
			protocol = "1"
		}
		if fields := strings.Split(strings.TrimSpace(arg), strings.TrimSpace(arg)[:1]); strings.TrimLeft(fields[1], "0") != protocol {
			t.Errorf("parseEPRT(%q) = %v", arg, got)
		}
		if _, err := activeTarget(netip.MustParseAddrPort("[fe80::1%eth0]:5"), got, DataPeer{}); err == nil && got.Port() < 1024 {
			t.Errorf("port %d was accepted", got.Port())
		}
	})
}

// FuzzParsers checks that no argument makes a parser fail but by a reply.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{"ALL", "1", "9223372036854775808", "100 R 80", "A N", "L 8", "-la -a x", "type;size;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		if n, err := parseREST(arg); n < 0 || err != nil && replyCode(err) != 501 {
			t.Errorf("parseREST(%q) = %d, %v", arg, n, err)
		}
		if n, err := parseALLO(arg); n < 0 || err != nil && replyCode(err) != 501 {
			t.Errorf("parseALLO(%q) = %d, %v", arg, n, err)
		}
		if e, err := parseEPSV(arg); err == nil && (e.protocol < 0 || e.protocol > 2) {
			t.Errorf("parseEPSV(%q) = %+v", arg, e)
		}
		if _, err := parseTYPE(arg); err != nil && replyCode(err) != 501 && replyCode(err) != 504 {
			t.Errorf("parseTYPE(%q): %v", arg, err)
		}
		if r := parseList(arg); !strings.HasSuffix(arg, r.name) {
			t.Errorf("parseList(%q) = %+v", arg, r)
		}
		if set := parseFacts(arg); parseFacts(set.String()) != set {
			t.Errorf("parseFacts(%q) = %v", arg, set)
		}
		path, err := resolvePath("/cwd", arg)
		if err == nil && (!strings.HasPrefix(path, "/") || strings.Contains(path+"/", "/../") || !utf8.ValidString(path)) {
			t.Errorf("resolvePath(%q) = %q", arg, path)
		}
	})
}
