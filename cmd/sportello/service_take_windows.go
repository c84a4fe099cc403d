package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"sportello/cmd/sportello/internal/config"
)

// takeConfiguration copies the file that the installer was given to the service's place, once: a file that is
// there already is the administrator's. Files that it names in that folder (operators, passwords, keys) are
// copied with it where they stand beside it. When the whole is no valid configuration, nothing of it stays.
func takeConfiguration(from string) (err error) {
	to := config.DefaultPath()
	if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var copied []string
	defer func() {
		if err != nil {
			for _, path := range copied {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for _, path := range append(namedIn(text, filepath.Dir(to)), to) {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(from), filepath.Base(path)))
		if path == to {
			b, err = text, nil
		}
		if errors.Is(err, os.ErrNotExist) {
			continue // it may be at its place already; the check below says what is not
		}
		if err != nil {
			return err
		}
		if _, err := os.Stat(path); err == nil {
			continue
		}
		copied = append(copied, path)
		if err := os.WriteFile(path, b, 0o640); err != nil {
			return err
		}
	}
	_, problems := config.Check(to)
	for _, p := range problems {
		if !p.Warning {
			return fmt.Errorf("%s", p)
		}
	}
	return nil
}

// namedIn gives the files of a folder that a configuration names, each once. What is no YAML names none; the
// check of the whole says so.
func namedIn(text []byte, dir string) []string {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil
	}
	var found []string
	seen := map[string]bool{}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if path := filepath.Clean(n.Value); n.Kind == yaml.ScalarNode && strings.EqualFold(filepath.Dir(path), dir) && !seen[strings.ToLower(path)] {
			seen[strings.ToLower(path)] = true
			found = append(found, path)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&root)
	return found
}
