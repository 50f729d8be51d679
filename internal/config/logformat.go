package config

// LogFormat is how log lines are written; empty: as fits the output.
type LogFormat string

// The formats.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)
