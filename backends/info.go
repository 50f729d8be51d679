package backends

import "time"

// Info holds a store's limits and abilities. A limit of 0 means none.
type Info struct {
	// Name of the kind of store, as in its URL: "s3".
	Name string

	PutMax    int64 // largest object of a single Put, bytes
	ObjectMax int64 // largest object, bytes
	CopyMax   int64 // largest object that Copy can copy, bytes
	KeyMax    int   // longest key, bytes of UTF-8

	PartMin    int64 // smallest part but the last, bytes
	PartMax    int64 // largest part, bytes
	PartAlign  int64 // all parts but the last are a multiple of it, bytes; 1 if any size goes
	PartCount  int   // most parts of an upload
	UploadLife time.Duration

	PartsUniform bool // all parts but the last must be of one size
	PartsSerial  bool // parts must be sent one after the other

	Ordered           bool // List yields keys in the order of their bytes
	ConditionalWrites bool // Condition is honoured by Put, Commit, Copy and Delete
	AtomicRename      bool // Rename of objects
	AtomicDirRename   bool // Rename of directories
	RealDirs          bool // directories exist by themselves and stay when emptied
	ObjectAndDir      bool // "a" and "a/b" can be stored together
}
