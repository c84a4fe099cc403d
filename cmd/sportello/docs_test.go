package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func document(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fenced are the blocks of a document in one language.
func fenced(text, language string) []string {
	var all []string
	for {
		_, after, found := strings.Cut(text, "\n```"+language+"\n")
		if !found {
			return all
		}
		block, rest, _ := strings.Cut(after, "\n```")
		all, text = append(all, block+"\n"), rest
	}
}

// TestCommandsInTheDocumentsExist: each make target is the Makefile's, each command of the program and
// each of its options is one that it takes.
func TestCommandsInTheDocumentsExist(t *testing.T) {
	makefile := document(t, "Makefile")
	targets, commandsSeen := 0, 0
	for _, name := range []string{"README.md", "docs/integratore.md"} {
		for _, block := range fenced(document(t, name), "sh") {
			for lines := bufio.NewScanner(strings.NewReader(block)); lines.Scan(); {
				line, _, _ := strings.Cut(lines.Text(), "#")
				words := strings.Fields(line)
				switch {
				case len(words) > 1 && words[0] == "make":
					targets++
					if !regexp.MustCompile(`(?m)^` + words[1] + `:`).MatchString(makefile) {
						t.Errorf("%s: %q is no target of the Makefile", name, words[1])
					}
				case len(words) > 1 && strings.TrimPrefix(words[0], "./bin/") == "sportello":
					commandsSeen++
					checkCommand(t, name, words[1:])
				}
			}
		}
	}
	if targets < 3 || commandsSeen < 5 {
		t.Errorf("only %d targets and %d commands found: the documents have changed their form", targets, commandsSeen)
	}
}

func checkCommand(t *testing.T, document string, words []string) {
	t.Helper()
	if _, ok := find(words[0]); !ok {
		t.Errorf("%s: sportello %s is no command of this version", document, words[0])
		return
	}
	// The command's own help names its options; simulate has a help for each of its two.
	ask := []string{words[0], "-h"}
	if words[0] == "simulate" && len(words) > 1 {
		ask = []string{words[0], words[1], "-h"}
	}
	help := cli(t, "", ask...).out
	for _, word := range words[1:] {
		if option, isOption := strings.CutPrefix(word, "--"); isOption && !strings.Contains(help, "--"+option+" ") {
			t.Errorf("%s: sportello %s has no option %s", document, words[0], word)
		}
	}
}

// TestREADMEAnswersInOrder: what it is, run it, a fake payment, terminals, caveats, where to read.
func TestREADMEAnswersInOrder(t *testing.T) {
	text := document(t, "README.md")
	last := 0
	for _, heading := range []string{"# Sportello POS", "## Run it", "## Take a fake payment", "## Terminals and deviations", "## Caveats", "## Where to start reading", "## When something goes wrong"} {
		at := strings.Index(text, heading+"\n")
		if at < last {
			t.Errorf("%q is missing or out of order", heading)
		}
		last = at
	}
	for _, path := range regexp.MustCompile("`((?:protocol|driver|cmd|ui)/[a-z0-9_/.]+)`|\\(((?:docs/)?[A-Za-z]+(?:\\.md)?)\\)").FindAllStringSubmatch(text, -1) {
		if file := path[1] + path[2]; strings.ContainsAny(file, "/.") {
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(file))); err != nil {
				t.Errorf("the README names %s: %v", file, err)
			}
		}
	}
}

// TestConfigurationInTheDocuments is the one that the configuration's tests load.
func TestConfigurationInTheDocuments(t *testing.T) {
	sample := document(t, "cmd/sportello/internal/config/testdata/sample.yaml")
	if !slices.Contains(fenced(document(t, "docs/integratore.md"), "yaml"), sample) {
		t.Error("docs/integratore.md does not show cmd/sportello/internal/config/testdata/sample.yaml as it is")
	}
}

// TestPublicCode holds the rules of publiccode.yml that a catalogue would refuse it for.
func TestPublicCode(t *testing.T) {
	var p struct {
		Version     string `yaml:"publiccodeYmlVersion"`
		Name        string
		URL         string
		Type        string `yaml:"softwareType"`
		Status      string `yaml:"developmentStatus"`
		Platforms   []string
		Categories  []string
		Description map[string]struct {
			Short    string   `yaml:"shortDescription"`
			Long     string   `yaml:"longDescription"`
			Generic  string   `yaml:"genericName"`
			Features []string `yaml:"features"`
		}
		Legal        struct{ License string }
		Maintenance  struct{ Type string }
		Localisation struct {
			Ready     bool     `yaml:"localisationReady"`
			Languages []string `yaml:"availableLanguages"`
		}
		Landing  string `yaml:"landingURL"`
		Audience any    `yaml:"intendedAudience"`
		Depends  any    `yaml:"dependsOn"`
		Italy    any    `yaml:"it"`
	}
	d := yaml.NewDecoder(bytes.NewBufferString(document(t, "publiccode.yml")))
	d.KnownFields(false)
	if err := d.Decode(&p); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.Version, "0.") || p.Name == "" || !strings.HasPrefix(p.URL, "https://") || p.Legal.License != "EUPL-1.2" ||
		len(p.Platforms) == 0 || len(p.Categories) == 0 || p.Maintenance.Type == "" || len(p.Localisation.Languages) == 0 {
		t.Errorf("a mandatory key is missing or wrong: %+v", p)
	}
	if !slices.Contains([]string{"concept", "development", "beta", "stable", "obsolete"}, p.Status) || !strings.HasPrefix(p.Type, "standalone/") {
		t.Errorf("status %q, type %q", p.Status, p.Type)
	}
	for _, language := range []string{"it", "en"} {
		text := p.Description[language]
		if n := len([]rune(text.Short)); n == 0 || n > 150 {
			t.Errorf("%s: the short description has %d characters, at most 150", language, n)
		}
		if n := len([]rune(text.Long)); n < 150 || n > 10_000 {
			t.Errorf("%s: the long description has %d characters, 150 to 10,000", language, n)
		}
		if len(text.Features) == 0 || len(text.Generic) > 35 {
			t.Errorf("%s: features %v, generic name %q", language, text.Features, text.Generic)
		}
	}
	if licence := document(t, "LICENSE"); !strings.HasPrefix(licence, "EUROPEAN UNION PUBLIC LICENCE v. 1.2") || len(licence) < 13_000 {
		t.Error("LICENSE is not the whole EUPL 1.2")
	}
}
