package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"sportello/cmd/sportello/internal/config"
)

// What of a log goes into a bundle.
const (
	firstLines = 100
	lastLines  = 400
	lineBytes  = 2000
)

// redactorOf knows what the installation's own files hold.
func redactorOf(path string, cfg *config.Config, place config.Place) *redactor {
	var secrets, public []string
	read := func(file string) {
		if b, err := os.ReadFile(file); file != "" && err == nil && len(b) < 1<<20 {
			secrets = append(secrets, string(b))
		}
	}
	if place.DataDir != "" {
		read(filepath.Join(place.DataDir, tokenName))
		read(filepath.Join(place.DataDir, maintenanceName))
	}
	if cfg != nil {
		for _, c := range cfg.Creditors {
			public = append(public, c.TaxCode, c.GLN)
		}
		for _, t := range cfg.Terminals {
			public = append(public, t.PSP.Intermediary, t.PSP.Channel)
		}
		for _, s := range cfg.Services {
			public = append(public, s.Creditor)
		}
		secrets = append(secrets, peopleOf(cfg.OperatorsFile)...)
	}
	for key, value := range scalars(path) { // also of a file with mistakes
		if strings.HasSuffix(key, "_file") && key != "ca_file" && key != "operators_file" || key == "key" {
			read(value)
		}
		if key == "operators_file" && cfg == nil {
			secrets = append(secrets, peopleOf(value)...)
		}
		if secretKeys[key] {
			secrets = append(secrets, value)
		}
	}
	return newRedactor(secrets, public)
}

// peopleOf are the names, ids and hashes of an operators' file.
func peopleOf(path string) (out []string) {
	for key, value := range scalars(path) {
		if key == "name" || key == "hash" || key == "id" {
			out = append(out, value)
		}
	}
	return out
}

// secretKeys are the names under which somebody may write a secret into the file itself, where none belongs.
var secretKeys = map[string]bool{"password": true, "pwd": true, "secret": true, "token": true, "api_key": true, "pin": true, "hash": true, "proxy_password": true}

// shownKeys are the entries whose values are shown; of every other the name alone.
var shownKeys = strings.Fields(`installation listen data_dir language operators_file tax_code name gln label driver address terminal_id cash_register_id lrc
	exclusivity settlement id intermediary channel payment_type tag template index_map max_notices reversal receipts full_lines command ack_form any_state sends
	result hard_stop quiet give_up pagamento pendenze ragioneria backoffice application user password_file certificate key api_id api_key_file ca_file proxy
	proxy_user proxy_password_file verify connect read submit allow max_amount_cents max_total_cents max_payments max_hours verified_within type creditor
	amount_cents entry_code taxonomy due_days form hosts origins keyboard personal_days level file megabytes files days from columns copies cut automatic`)

// scalars walks the values of a YAML file by their last key, as far as it can be read.
func scalars(path string) func(yield func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		b, err := os.ReadFile(path)
		var root yaml.Node
		if err != nil || len(b) > 1<<20 || yaml.Unmarshal(b, &root) != nil {
			return
		}
		walkScalars("", &root, yield)
	}
}

func walkScalars(key string, n *yaml.Node, yield func(key, value string) bool) bool {
	switch n.Kind {
	case yaml.ScalarNode:
		return yield(key, n.Value)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !walkScalars(n.Content[i].Value, n.Content[i+1], yield) {
				return false
			}
		}
	case yaml.DocumentNode, yaml.SequenceNode:
		for _, c := range n.Content {
			if !walkScalars(key, c, yield) {
				return false
			}
		}
	}
	return true
}

// configuration shows the file by what is known to be no secret: never its comments, which may say anything.
func (g *gathering) configuration() {
	g.title("CONFIGURAZIONE " + g.redact.ours(g.path))
	b, err := os.ReadFile(g.path)
	if err != nil {
		g.raw("", err)
		return
	}
	var root yaml.Node
	if len(b) > 1<<20 || yaml.Unmarshal(b, &root) != nil {
		fmt.Fprintln(&g.out, "il file non è YAML leggibile: i valori non si mostrano; nomi delle voci:")
		for line := range strings.Lines(string(b[:min(len(b), 1<<20)])) {
			if key, _, ok := strings.Cut(line, ":"); ok && slices.Contains(shownKeys, strings.Trim(strings.TrimSpace(key), "- {")) {
				fmt.Fprintf(&g.out, "%s: …\n", key)
			}
		}
		return
	}
	g.node(&root, "", "")
}

// node writes YAML without comments.
func (g *gathering) node(n *yaml.Node, key, indent string) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			g.node(c, "", "")
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i].Value, n.Content[i+1]
			if !slices.Contains(shownKeys, name) && value.Kind == yaml.ScalarNode {
				fmt.Fprintf(&g.out, "%s%s: %s\n", indent, g.redact.text(name), tookSecret)
				continue
			}
			if value.Kind == yaml.ScalarNode {
				fmt.Fprintf(&g.out, "%s%s: %s\n", indent, name, g.value(name, value.Value))
				continue
			}
			fmt.Fprintf(&g.out, "%s%s:\n", indent, g.redact.text(name))
			g.node(value, name, indent+"  ")
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if c.Kind == yaml.ScalarNode {
				fmt.Fprintf(&g.out, "%s- %s\n", indent, g.value(key, c.Value))
				continue
			}
			fmt.Fprintf(&g.out, "%s-\n", indent)
			g.node(c, key, indent+"  ")
		}
	}
}

// value is a scalar that may be shown.
func (g *gathering) value(key, value string) string {
	if !slices.Contains(shownKeys, key) {
		return tookSecret
	}
	return g.redact.text(strings.ReplaceAll(value, "\n", " "))
}

// logs are the first and the last lines of the log, from its files or the system's journal.
func (g *gathering) logs(ctx context.Context) {
	g.title("DIARIO DEL SERVIZIO")
	file := ""
	for key, value := range scalars(g.path) {
		if key == "file" && filepath.IsAbs(value) {
			file = value
		}
	}
	if g.cfg != nil {
		file = g.cfg.Log.File
	}
	if file == "" {
		g.journal(ctx)
		return
	}
	l := &logFile{path: file}
	files := append([]string{file}, l.older()...)
	g.head("prime righe di "+files[len(files)-1], files[len(files)-1])
	g.tail("ultime righe di "+file, file)
}

func (g *gathering) head(what, path string) {
	fmt.Fprintf(&g.out, "-- %s\n", g.redact.ours(what))
	f, err := os.Open(path)
	if err != nil {
		g.raw("", err)
		return
	}
	defer f.Close()
	lines, err := linesOf(io.LimitReader(f, firstLines*lineBytes), firstLines, false)
	g.raw(strings.Join(lines, "\n"), err)
}

func (g *gathering) tail(what, path string) {
	fmt.Fprintf(&g.out, "-- %s\n", g.redact.ours(what))
	f, err := os.Open(path)
	if err != nil {
		g.raw("", err)
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > lastLines*lineBytes {
		_, _ = f.Seek(-lastLines*lineBytes, io.SeekEnd)
	}
	lines, err := linesOf(f, lastLines, true)
	g.raw(strings.Join(lines, "\n"), err)
}

// linesOf reads lines, each cut to a bound: the first ones, or the last.
func linesOf(r io.Reader, most int, last bool) (lines []string, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, more, err := in.ReadLine()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		text := string(line[:min(len(line), lineBytes)])
		for more && err == nil { // the rest of a line beyond all bounds
			_, more, err = in.ReadLine()
		}
		if lines = append(lines, text); len(lines) > most {
			if !last {
				return lines[:most], nil
			}
			lines = lines[1:]
		}
	}
}

// journal asks systemd for the lines of the service, where there is one.
func (g *gathering) journal(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	program, err := exec.LookPath("journalctl")
	if err != nil {
		fmt.Fprintln(&g.out, "il diario va su standard error e qui non c'è un journal: con log.file il programma ne tiene uno suo")
		return
	}
	for _, part := range []struct {
		what string
		args []string
	}{
		{"prime righe dall'ultima accensione", []string{"-b", "--lines=+" + fmt.Sprint(firstLines)}},
		{"ultime righe", []string{"--lines=" + fmt.Sprint(lastLines)}},
	} {
		fmt.Fprintf(&g.out, "-- %s\n", part.what)
		out, err := exec.CommandContext(ctx, program, append([]string{"-u", serviceName, "--no-pager", "-o", "cat"}, part.args...)...).Output()
		lines, _ := linesOf(strings.NewReader(string(out)), lastLines, true)
		g.raw(strings.Join(lines, "\n"), err)
	}
}
