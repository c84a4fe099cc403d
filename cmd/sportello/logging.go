package main

import (
	"io"
	"os"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
)

// newLog opens the log as configured.
func newLog(cfg *config.Config) (zerolog.Logger, io.Closer, error) {
	level, err := zerolog.ParseLevel(cfg.Log.Level)
	if err != nil {
		return zerolog.Nop(), nil, err
	}
	var out io.WriteCloser = nopCloser{os.Stderr}
	if cfg.Log.File != "" {
		if out, err = openLogFile(cfg.Log.File, int64(cfg.Log.Megabytes)<<20, cfg.Log.Keep, cfg.Log.Age); err != nil {
			return zerolog.Nop(), nil, err
		}
	}
	return zerolog.New(out).Level(level).With().Timestamp().Logger(), out, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
