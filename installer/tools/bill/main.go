// Command bill writes what a release contains: the bill of materials (CycloneDX 1.6, JSON) and the notices of
// third parties. The modules are those that the linker put into the binaries, by their own word; the page's
// packages are those of its lock file that are not for development only. It must never need the network,
// and writes the same bytes for the same release.
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// part is one thing of somebody else in the release.
type part struct {
	purl, name, version, license string
	sum                          string // of the module, as in go.sum
	folder                       string // holds the licence's text; "" unknown
}

func main() {
	version := flag.String("version", "", "of the release")
	root := flag.String("root", ".", "of the product's module")
	sbom := flag.String("sbom", "", "file to write")
	page := flag.Bool("page", false, "the binaries carry the page, built in ROOT/ui/web")
	notices := flag.String("notices", "", "file to write")
	flag.Parse()
	if err := run(*version, *root, *sbom, *notices, *page, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bill:", err)
		os.Exit(1)
	}
}

func run(version, root, sbom, notices string, page bool, binaries []string) error {
	if len(binaries) == 0 {
		return errors.New("no binaries")
	}
	parts, err := modules(root, binaries)
	if err != nil {
		return err
	}
	if page {
		more, err := packages(filepath.Join(root, "ui", "web"))
		if err != nil {
			return err
		}
		parts = append(parts, more...)
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.purl, b.purl) })
	if err := writeBill(sbom, version, parts); err != nil {
		return err
	}
	return writeNotices(notices, version, parts)
}

// modules are those of all binaries together, each once.
func modules(root string, binaries []string) ([]part, error) {
	found := map[string]part{}
	for _, path := range binaries {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", path, err)
		}
		std := part{purl: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"), name: "std", version: strings.TrimPrefix(info.GoVersion, "go"), license: "BSD-3-Clause"}
		if std.folder, err = output(root, "go", "env", "GOROOT"); err != nil {
			return nil, err
		}
		found[std.purl] = std
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			p := part{purl: "pkg:golang/" + m.Path + "@" + m.Version, name: m.Path, version: m.Version, sum: m.Sum}
			if p.folder, err = output(root, "go", "list", "-m", "-f", "{{.Dir}}", m.Path); err != nil {
				return nil, err
			}
			found[p.purl] = p
		}
	}
	var all []part
	for _, p := range found {
		all = append(all, p)
	}
	return all, nil
}

func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, errs.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

// packages are the page's, from its lock file.
func packages(web string) ([]part, error) {
	b, err := os.ReadFile(filepath.Join(web, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version, License string
			Dev, Optional    bool
		}
	}
	if err := json.Unmarshal(b, &lock); err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	var all []part
	for path, p := range lock.Packages {
		_, name, inside := strings.Cut(path, "node_modules/")
		if !inside || p.Dev || p.Optional {
			continue
		}
		all = append(all, part{
			purl: "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version, name: name, version: p.Version,
			license: p.License, folder: filepath.Join(web, filepath.FromSlash(path)),
		})
	}
	return all, nil
}

// writeBill writes CycloneDX. It has no serial number and no time: those would make two builds differ.
func writeBill(path, version string, parts []part) error {
	type license struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	type property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	type component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		PURL       string     `json:"purl,omitempty"`
		Licenses   []license  `json:"licenses,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	type dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn"`
	}
	licensed := func(id string) []license {
		if id == "" || strings.ContainsAny(id, " ()") {
			return nil
		}
		var l license
		l.License.ID = id
		return []license{l}
	}
	own := component{Type: "application", Ref: "sportello", Name: "sportello", Version: version, Licenses: licensed("EUPL-1.2")}
	whole := dependency{Ref: own.Ref, On: []string{}}
	var components []component
	for _, p := range parts {
		c := component{Type: "library", Ref: p.purl, Name: p.name, Version: p.version, PURL: p.purl, Licenses: licensed(p.license)}
		if p.sum != "" {
			c.Properties = []property{{"go.sum", p.sum}}
		}
		components = append(components, c)
		whole.On = append(whole.On, p.purl)
	}
	b, err := json.MarshalIndent(struct {
		Format       string               `json:"bomFormat"`
		Spec         string               `json:"specVersion"`
		Version      int                  `json:"version"`
		Meta         map[string]component `json:"metadata"`
		Components   []component          `json:"components"`
		Dependencies []dependency         `json:"dependencies"`
	}{Format: "CycloneDX", Spec: "1.6", Version: 1, Meta: map[string]component{"component": own}, Components: components, Dependencies: []dependency{whole}}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// writeNotices writes the licences of all parts in full. A part without one is an error: it may not be given
// away like that.
func writeNotices(path, version string, parts []part) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Sportello POS %s\nLicences of what it contains of others.\n", version)
	for _, p := range parts {
		texts, err := licenses(p.folder)
		if err != nil {
			return err
		}
		if len(texts) == 0 && p.license != "" {
			texts = [][]byte{[]byte("Licence, by its own package.json: " + p.license + "\n")}
		}
		if len(texts) == 0 {
			return fmt.Errorf("%s: no licence in %q", p.purl, p.folder)
		}
		fmt.Fprintf(&b, "\n%s\n%s %s\n%[1]s\n", strings.Repeat("=", 78), p.name, p.version)
		for _, t := range texts {
			b.WriteByte('\n')
			b.Write(bytes.ReplaceAll(t, []byte("\r\n"), []byte("\n")))
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func licenses(folder string) ([][]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}
