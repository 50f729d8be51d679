package bridge

import (
	"context"
	"crypto/rand"
	"fmt"
	"path"
	"strings"
	"time"
)

// uniqueName is the path itself if no file has it, else one like it that has a
// time and something random in it: name_20261123T141500Z_ab12.ext.
func (f *FileSystem) uniqueName(ctx context.Context, name string) (string, error) {
	if _, err := f.statObject(ctx, name); isNotExist(err) {
		return name, nil
	} else if err != nil {
		return "", err
	}
	return numbered(name, time.Now()), nil
}

func numbered(name string, now time.Time) string {
	dir, base := path.Split(name)
	ext := path.Ext(base)
	if ext == base {
		ext = "" // a name like .profile
	}
	stem := strings.TrimSuffix(base, ext)
	return fmt.Sprintf("%s%s_%s_%s%s", dir, stem, now.UTC().Format("20060102T150405Z"), strings.ToLower(rand.Text()[:4]), ext)
}
