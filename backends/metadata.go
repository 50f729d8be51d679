package backends

import "maps"

// MergeMetadata is what SetMetadata makes of an object's metadata. Neither map
// is changed.
func MergeMetadata(metadata, change map[string]string) map[string]string {
	merged := make(map[string]string, len(metadata)+len(change))
	maps.Copy(merged, metadata)
	maps.Copy(merged, change)
	return merged
}
