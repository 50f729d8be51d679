package file

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"syscall"

	"ftpbridge/backends"
)

// A pending upload is two files: the data, in which each part has its place,
// and a log that tells which parts are there. The log is one JSON record a
// line; each begins with the newline that ends a record which a crash cut.
//
// A part is announced (write), put into the data, and then confirmed (part). An
// announcement takes back all earlier parts whose bytes it will change, and a
// confirmation counts only if no other announcement for these bytes came after
// its own. So whatever writes to an upload in whatever process, and wherever
// it dies, a part in the log is a part whose bytes are in the data.
//
// The log is read and written under flock, and so are announced bytes.
const logSuffix = ".log"

// logRecord is one line; exactly one field is set.
type logRecord struct {
	Begin *beginRecord `json:"begin,omitempty"`
	Write *partRecord  `json:"write,omitempty"`
	Part  *partRecord  `json:"part,omitempty"`
}

// beginRecord is the first record.
type beginRecord struct {
	Key         string            `json:"key"`
	ContentType string            `json:"content_type,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

type partRecord struct {
	Number int    `json:"number"`
	Tag    string `json:"tag"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	Sum    string `json:"crc32c"`
}

// overlaps tells whether two parts cannot both be in the data.
func (p partRecord) overlaps(q partRecord) bool {
	return p.Number == q.Number || p.Offset < q.Offset+q.Size && q.Offset < p.Offset+p.Size
}

func (p partRecord) part() backends.Part {
	sum, err := backends.ParseCRC32C(p.Sum)
	return backends.Part{Number: p.Number, Offset: p.Offset, Size: p.Size, Tag: p.Tag, Sum: sum, HasSum: err == nil}
}

// uploadLog is what was read from the log so far.
type uploadLog struct {
	read    int64 // bytes
	begin   *beginRecord
	writing map[int]partRecord // announced, by number
	parts   map[int]partRecord // confirmed, by number
}

// follow reads what was added to the log.
func (l *uploadLog) follow(f *os.File) error {
	if _, err := f.Seek(l.read, io.SeekStart); err != nil {
		return err
	}
	added, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	l.read += int64(len(added))
	l.replay(added)
	return nil
}

// replay takes in records. One that a crash cut is no record.
func (l *uploadLog) replay(lines []byte) {
	for line := range splitLines(lines) {
		var r logRecord
		if json.Unmarshal(line, &r) != nil {
			continue
		}
		switch {
		case r.Begin != nil:
			l.begin = r.Begin
		case r.Write != nil:
			l.announce(*r.Write)
		case r.Part != nil:
			l.confirm(*r.Part)
		}
	}
}

func (l *uploadLog) announce(w partRecord) {
	if l.parts == nil {
		l.parts, l.writing = map[int]partRecord{}, map[int]partRecord{}
	}
	obsolete := func(_ int, p partRecord) bool { return p.overlaps(w) }
	maps.DeleteFunc(l.parts, obsolete)
	maps.DeleteFunc(l.writing, obsolete)
	l.writing[w.Number] = w
}

func (l *uploadLog) confirm(p partRecord) {
	if announced, ok := l.writing[p.Number]; ok && announced == p {
		delete(l.writing, p.Number)
		l.parts[p.Number] = p
	}
}

// held are the parts, by number.
func (l *uploadLog) held() []backends.Part {
	var parts []backends.Part
	for _, number := range slices.Sorted(maps.Keys(l.parts)) {
		parts = append(parts, l.parts[number].part())
	}
	return parts
}

// appendLog adds a record. The lock is held and all that is there was read.
func (l *uploadLog) appendLog(f *os.File, r logRecord) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := f.Write(append([]byte("\n"), line...)); err != nil {
		return err
	}
	return l.follow(f)
}

// withLog runs f while the upload's log is locked. It is ErrNoUpload if the
// upload is over.
func (s *Store) withLog(id string, f func(log *os.File) error) (err error) {
	if !validUploadID(id) {
		return backends.ErrNoUpload
	}
	log, err := s.root.OpenFile(logPath(id), os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return backends.ErrNoUpload
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }() // which unlocks
	if err := flock(log, syscall.LOCK_EX); err != nil {
		return err
	}
	if err := stillThere(log); err != nil {
		return err
	}
	return f(log)
}

// stillThere is ErrNoUpload if the log was removed since it was opened, while
// this waited for the lock.
func stillThere(log *os.File) error {
	info, err := log.Stat()
	if err == nil && info.Sys().(*syscall.Stat_t).Nlink == 0 {
		err = backends.ErrNoUpload
	}
	return err
}

func dataPath(id string) string { return uploadsDir + "/" + id }
func logPath(id string) string  { return uploadsDir + "/" + id + logSuffix }
