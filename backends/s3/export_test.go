package s3

// SetSingleCopyMax makes larger objects be copied in parts.
func (s *Store) SetSingleCopyMax(bytes int64) { s.singleCopyMax = bytes }
