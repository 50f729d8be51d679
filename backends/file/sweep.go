package file

import (
	"errors"
	"io/fs"
	"strings"
	"time"
)

// tempLife is how old a temporary file must be to count as left behind.
const tempLife = 24 * time.Hour

// sweep removes what a crash left in the driver's own area: temporary files
// that nobody writes any more, and uploads that were not taken up again.
func (s *Store) sweep(now time.Time) error {
	temps, err := s.untouched(tempDir, now.Add(-tempLife))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range temps {
		errs = append(errs, ignoreGone(s.root.Remove(tempDir+"/"+name)))
	}
	uploads, err := s.untouched(uploadsDir, now.Add(-uploadLife))
	if err != nil {
		return err
	}
	for _, name := range uploads {
		// Every part touches the log, the data only those that are new.
		if id, ok := strings.CutSuffix(name, logSuffix); ok {
			errs = append(errs, s.removeUpload(id))
		}
	}
	return errors.Join(errs...)
}

// untouched are the names in a directory of files not written since a time.
func (s *Store) untouched(dir string, since time.Time) ([]string, error) {
	f, err := s.root.Open(dir)
	if err != nil {
		return nil, err
	}
	infos, err := f.Readdir(-1)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	var names []string
	for _, info := range infos {
		if info.ModTime().Before(since) {
			names = append(names, info.Name())
		}
	}
	return names, nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
