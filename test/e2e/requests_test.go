//go:build integration

package e2e_test

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of requests into docs/backends.md")

// operation is what a client does, and what that costs at the store.
type operation struct {
	name  string   // in docs/backends.md
	keys  []string // objects that are there, in the session's directory
	first string   // a command and the code of its reply; not counted
	do    string   // likewise; code 226 moves data
	size  int      // bytes that STOR sends
	want  map[string]int
}

// operations is the table of docs/backends.md.
var operations = []operation{
	{
		name: "STOR of up to one part", do: "STOR new.bin 226", size: partSize,
		want: map[string]int{"PutObject": 1},
	}, {
		name: "STOR of n parts (here 3)", do: "STOR new.bin 226", size: 2*partSize + 1,
		want: map[string]int{"CreateMultipartUpload": 1, "UploadPart": 3, "CompleteMultipartUpload": 1},
	}, {
		name: "STOU of up to one part", do: "STOU 226", size: 1,
		want: map[string]int{"HeadObject": 1, "PutObject": 1},
	}, {
		name: "RETR", keys: []string{"a"}, do: "RETR a 226",
		want: map[string]int{"GetObject": 1},
	}, {
		name: "LIST of n names (here 1,001)", keys: numbered(1001), do: "LIST 226",
		want: map[string]int{"ListObjectsV2": 2},
	}, {
		name: "NLST of n names (here 1,001)", keys: numbered(1001), do: "NLST 226",
		want: map[string]int{"ListObjectsV2": 2},
	}, {
		name: "MLSD of n names (here 1,001)", keys: numbered(1001), do: "MLSD 226",
		want: map[string]int{"ListObjectsV2": 2},
	}, {
		name: "LIST of a file", keys: []string{"a"}, do: "LIST a 226",
		want: map[string]int{"ListObjectsV2": 1, "HeadObject": 1},
	}, {
		name: "MLST of a file", keys: []string{"a"}, do: "MLST a 250",
		want: map[string]int{"HeadObject": 1},
	}, {
		name: "MLST of a directory", keys: []string{"dir/a"}, do: "MLST dir 250",
		want: map[string]int{"HeadObject": 1, "ListObjectsV2": 1},
	}, {
		name: "CWD", keys: []string{"dir/a"}, do: "CWD dir 250",
		want: map[string]int{"ListObjectsV2": 1},
	}, {
		name: "CWD to the root", do: "CWD / 250",
	}, {
		name: "CDUP", do: "CDUP 250",
	}, {
		name: "SIZE", keys: []string{"a"}, do: "SIZE a 213",
		want: map[string]int{"HeadObject": 1},
	}, {
		name: "MDTM", keys: []string{"a"}, do: "MDTM a 213",
		want: map[string]int{"HeadObject": 1},
	}, {
		name: "MDTM after SIZE", keys: []string{"a"}, first: "SIZE a 213", do: "MDTM a 213",
	}, {
		name: "MFMT, MDTM with a time, SITE UTIME", keys: []string{"a"}, do: "MFMT 20260102030405 a 213",
		want: map[string]int{"HeadObject": 1, "CopyObject": 1},
	}, {
		name: "XMD5, and other sums that are not stored", keys: []string{"a"}, do: "XMD5 a 250",
		want: map[string]int{"GetObject": 1},
	}, {
		name: "STAT of a file", keys: []string{"a"}, do: "STAT a 213",
		want: map[string]int{"ListObjectsV2": 1, "HeadObject": 1},
	}, {
		name: "MKD", do: "MKD dir 257",
		want: map[string]int{"ListObjectsV2": 1, "PutObject": 1},
	}, {
		name: "RMD", keys: []string{"dir/"}, do: "RMD dir 250",
		want: map[string]int{"ListObjectsV2": 1, "DeleteObject": 1},
	}, {
		name: "DELE", keys: []string{"a"}, do: "DELE a 250",
		want: map[string]int{"HeadObject": 1, "DeleteObject": 1},
	}, {
		name: "RNFR", keys: []string{"a"}, do: "RNFR a 350",
		want: map[string]int{"HeadObject": 1},
	}, {
		name: "RNTO of a file", keys: []string{"a"}, first: "RNFR a 350", do: "RNTO b 250",
		want: map[string]int{"HeadObject": 2, "CopyObject": 1, "DeleteObject": 1},
	}, {
		name: "RNTO of a directory of n objects (here 3)", keys: []string{"dir/a", "dir/b", "dir/c"},
		first: "RNFR dir 350", do: "RNTO moved 250",
		want: map[string]int{"HeadObject": 1 + 3, "ListObjectsV2": 2, "CopyObject": 3, "DeleteObject": 3},
	},
}

// TestRequestsPerOperation counts the HTTP requests that reach the store,
// retries and probes of the SDK included.
func TestRequestsPerOperation(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			proxy := newStoreProxy(t, bucket)
			bridge := start(t, proxy.bridgeEnv(bucket))
			for i, op := range operations {
				t.Run(op.name, func(t *testing.T) {
					dir := fmt.Sprintf("operation-%d", i)
					bucket.putAll(t, dir, slices.Concat(op.keys, []string{"kept/x"}))
					session := dial(t, bridge.addr(t, "4"))
					session.command(t, "CWD "+dir, "250")
					if op.first != "" {
						session.perform(t, op.first, 0)
					}
					proxy.take()
					session.perform(t, op.do, op.size)
					if got := proxy.take(); !maps.Equal(got, op.want) {
						t.Errorf("%s makes the requests %v, want %v", op.do, got, op.want)
					}
				})
			}
		})
	}
}

// perform executes a command that ends in the code of its reply, and moves
// size bytes of data to the server, or all of it from there.
func (s *rawSession) perform(t *testing.T, exchange string, size int) {
	t.Helper()
	cut := strings.LastIndexByte(exchange, ' ')
	line, code := exchange[:cut], exchange[cut+1:]
	if code != "226" {
		s.command(t, line, code)
		return
	}
	data := s.transfer(t, line)
	var err error
	if strings.HasPrefix(line, "STO") {
		_, err = data.Write(make([]byte, size))
	} else {
		_, err = io.Copy(io.Discard, data)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t, code)
}

const (
	tableBegins = "<!-- go test -tags integration ./test/e2e -run TestRequestsTable -update -->\n"
	tableEnds   = "<!-- end -->\n"
)

// TestRequestsTable holds docs/backends.md to what is counted here.
func TestRequestsTable(t *testing.T) {
	const page = "../../docs/backends.md"
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(content), tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table, between %q and %q", page, tableBegins, tableEnds)
	}
	want := requestsTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("%s shows\n%s\nrun it with -update for\n%s", page, table, want)
	}
	if err := os.WriteFile(page, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func requestsTable() string {
	var table strings.Builder
	table.WriteString("| operation | requests | of these |\n|---|---|---|\n")
	for _, op := range operations {
		total := 0
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(op.want)) {
			total += op.want[kind]
			kinds = append(kinds, fmt.Sprintf("%d %s", op.want[kind], kind))
		}
		fmt.Fprintf(&table, "| %s | %d | %s |\n", op.name, total, strings.Join(kinds, ", "))
	}
	return table.String()
}
