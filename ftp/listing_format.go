package ftp

import (
	"strconv"
	"strings"
	"time"
)

// lineFormat appends the line of one entry.
type lineFormat func([]byte, FileInfo) []byte

// halfYear is the age from which a Unix listing shows the year, not the time.
const halfYear = 182 * 24 * time.Hour

// unixLines is the format of LIST.
func unixLines(*listing) lineFormat {
	now := time.Now()
	return func(b []byte, e FileInfo) []byte { return appendUnix(b, e, now) }
}

// appendUnix appends a line in the style of ls -l, which all clients read. It
// is in UTC, since it has no place for a zone.
func appendUnix(b []byte, e FileInfo, now time.Time) []byte {
	mode := "-rw-r--r--"
	if e.Dir {
		mode = "drwxr-xr-x"
	}
	b = append(b, mode...)
	b = append(b, "   1 ftp      ftp      "...)
	size := strconv.FormatInt(e.Size, 10)
	for range 13 - len(size) {
		b = append(b, ' ')
	}
	b = append(append(b, size...), ' ')

	modified := e.ModTime.UTC()
	if e.ModTime.IsZero() {
		modified = now.UTC() // clients hide what dates from the year 1
	}
	layout := "Jan _2 15:04"
	if age := now.Sub(modified); age > halfYear || age < -halfYear {
		layout = "Jan _2  2006"
	}
	b = modified.AppendFormat(b, layout)
	b = append(append(b, ' '), e.Name...)
	return append(b, '\r', '\n')
}

// factSet is the choice of facts that MLSD and MLST show (RFC 3659, 7.5).
type factSet uint8

const (
	factType factSet = 1 << iota
	factSize
	factModify
	factPerm

	allFacts = factType | factSize | factModify | factPerm
)

// factNames are the names of the bits of a factSet.
func factNames() []string { return []string{"type", "size", "modify", "perm"} }

// What the user may do with a file and in a directory (RFC 3659, 7.5.5).
const (
	filePerm = "dfrw"
	dirPerm  = "cdeflmp"
)

// parseFacts reads "type;size;"; facts that are not known are left out.
func parseFacts(arg string) factSet {
	var set factSet
	for name := range strings.SplitSeq(arg, ";") {
		for i, known := range factNames() {
			if strings.EqualFold(strings.TrimSpace(name), known) {
				set |= 1 << i
			}
		}
	}
	return set
}

// String is the form of the reply to OPTS MLST.
func (f factSet) String() string { return f.join("", false) }

// feature is the form of FEAT, which shows all facts and marks the chosen.
func (f factSet) feature() string { return "MLST " + f.join("*", true) }

func (f factSet) join(mark string, all bool) string {
	var b strings.Builder
	for i, name := range factNames() {
		chosen := f&(1<<i) != 0
		if !chosen && !all {
			continue
		}
		b.WriteString(name)
		if chosen {
			b.WriteString(mark)
		}
		b.WriteByte(';')
	}
	return b.String()
}

// appendFacts appends a line of MLSD (RFC 3659, 7.2).
func (f factSet) appendFacts(b []byte, e FileInfo) []byte {
	if f&factType != 0 {
		kind := "type=file;"
		if e.Dir {
			kind = "type=dir;"
		}
		b = append(b, kind...)
	}
	if f&factSize != 0 && !e.Dir {
		b = append(b, "size="...)
		b = append(strconv.AppendInt(b, e.Size, 10), ';')
	}
	if f&factModify != 0 && !e.ModTime.IsZero() {
		b = append(b, "modify="...)
		b = append(append(b, factTime(e.ModTime)...), ';')
	}
	if f&factPerm != 0 {
		perm := filePerm
		if e.Dir {
			perm = dirPerm
		}
		b = append(append(append(b, "perm="...), perm...), ';')
	}
	b = append(append(b, ' '), e.Name...)
	return append(b, '\r', '\n')
}

// factTime is a time of MLSD and MDTM (RFC 3659, 2.3).
func factTime(t time.Time) string { return t.UTC().Format("20060102150405") }

// named is the description of one file or directory under another name.
func named(e FileInfo, name string) FileInfo {
	e.Name = name
	return e
}
