package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestYAMLMistakesAreItalianAndOnTheirLine: what the library refuses is told by the line where the file stops
// being YAML, with what is expected there, and with no English.
func TestYAMLMistakesAreItalianAndOnTheirLine(t *testing.T) {
	for name, c := range map[string]struct {
		text           string
		line           int
		reason, remedy string
	}{
		"indented too far":     {"installation: A1\n  listen: 127.0.0.1:8417\n", 2, "i due punti non ci possono stare", "allineare"},
		"colon in a value":     {"installation: A1\nlanguage: it: de\n", 2, "senza virgolette", "virgolette"},
		"not aligned":          {"terminals:\n  - name: cassa1\n    label: Cassa 1\n   driver: nexi\n", 4, "allineata con le altre", "spazi"},
		"no colon":             {"installation: A1\nlisten 127.0.0.1:8417\ndata_dir: /x\n", 2, "due punti", "nome: valore"},
		"tabulation":           {"terminals:\n\t- name: cassa1\n", 2, "tabulazione", "spazi"},
		"tabulation in a list": {"terminals:\n  - name: cassa1\n\tlabel: x\n", 3, "tabulazione", "spazi"},
		"no dash":              {"terminals:\n  - name: cassa1\n  label: x\n", 3, "«- »", "«- »"},
		"open brace":           {"installation: A1\noffline: {allow: true\nlanguage: it\n", 2, "il gruppo fra { } non è chiuso", "virgola"},
		"open bracket":         {"installation: A1\nhosts: [a, b\nlanguage: it\n", 2, "l'elenco fra [ ] non è chiuso", "virgola"},
		"open quotes":          {"installation: A1\nlanguage: \"it\ndata_dir: /x\n", 2, "virgolette che nessuno chiude", "chiudere"},
		"unknown anchor":       {"installation: *A1\n", 1, "rimandi YAML", "virgolette"},
		"Windows path":         {"installation: A1\ndata_dir: \"D:\\Sportello\"\n", 2, "la barra \\", "apici singoli"},
		"sign":                 {"installation: A1\nlanguage: @it\n", 2, "un segno che YAML non ammette", "virgolette"},
		"not text":             {"installation: A1\nlanguage: \x01it\n", 2, "non sono testo", "UTF-8"},
		"not UTF-8":            {"installation: A1\nlanguage: it # perch\xe9\n", 2, "UTF-8", "salvarlo di nuovo"},
		"list in a value":      {"installation: - A1\n", 1, "«- »", "sotto il suo nome"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{c.text, "\ufeff" + c.text, strings.ReplaceAll(c.text, "\n", "\r\n")} {
				path := filepath.Join(t.TempDir(), "config.yaml")
				write(t, path, text, 0o644)
				got, problems := Check(path)
				if got != nil || len(problems) != 1 {
					t.Fatalf("%q: %v", text, problems)
				}
				p := problems[0]
				if p.Line != c.line || !strings.HasPrefix(p.Reason, "non è YAML valido: ") || !strings.Contains(p.Reason, c.reason) || !strings.Contains(p.Remedy, c.remedy) {
					t.Errorf("%q: %s", text, p)
				}
				for _, english := range []string{"found", "expected", "did not", "line ", "context", "character"} {
					if strings.Contains(p.Reason+p.Remedy, english) {
						t.Errorf("%q is English: %s", english, p)
					}
				}
			}
		})
	}
}

// TestEveryMistakeOfYAMLIsTold: what no row knows still has a reason and a remedy; a long file has the line that
// the library names.
func TestEveryMistakeOfYAMLIsTold(t *testing.T) {
	long := strings.Repeat("# commento\n", searchedLines) + "language: @it\n"
	deep := strings.Repeat("{{{{{{{{\n", 900) // which would take the search half a minute
	deeper := "a: " + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "\nb: " + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + "\n"
	for text, line := range map[string]int{deep: maxDepth/8 + 1, deeper: 2, "%YAML 9.9\n---\na: b\n": 1, "a: !<\n": 1, long: searchedLines + 1} {
		r := &reader{file: "x"}
		if r.parse([]byte(text)) != nil || len(r.problems) != 1 || r.problems[0].Line != line || r.problems[0].Remedy == "" {
			t.Errorf("%q: %v", text[:10], r.problems)
		}
	}
}

// TestFilesAsEditorsSaveThem: a byte order mark, CRLF and the UTF-16 of an old Notepad change nothing.
func TestFilesAsEditorsSaveThem(t *testing.T) {
	dir, text := sample(t)
	path := filepath.Join(dir, "config.yaml")
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, as := range map[string]string{"mark": "\ufeff" + text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "UTF-16": string(wide)} {
		write(t, path, as, 0o644)
		if c, problems := Check(path); c == nil || len(problems) != 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// TestFilesThatAreNot: a folder, or a file that this user may not read, in the place of each file that the
// configuration names: the key, the line and the remedy of that file.
func TestFilesThatAreNot(t *testing.T) {
	dir, text := sample(t)
	slashed := filepath.ToSlash(dir)
	path := filepath.Join(dir, "config.yaml")
	if c, problems := Check(dir); c != nil || len(problems) != 1 || problems[0].Reason != "è una cartella, non un file" {
		t.Errorf("a folder as configuration: %v", problems)
	}
	if got := fileRemedy(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}); got != "dare la lettura all'utente del servizio" {
		t.Errorf("an unreadable file: %q", got)
	}
	secret := filepath.Join(dir, "secret")
	write(t, secret, "x\n", 0o000)
	_, err := os.ReadFile(secret)
	for key, name := range map[string]string{"operators_file": slashed + "/operators.yaml", "platform.auth.password_file": slashed + "/govpay.password"} {
		write(t, path, strings.Replace(text, name, slashed, 1), 0o644)
		c, problems := Check(path)
		if c != nil || len(problems) != 1 || problems[0].Key != key || problems[0].Line == 0 || !strings.Contains(problems[0].Remedy, "non la cartella") {
			t.Errorf("a folder as %s: %v", key, problems)
		}
		if err == nil || runtime.GOOS == "windows" {
			t.Logf("skipped for %s: this user may read everything", key)
			continue
		}
		write(t, path, strings.Replace(text, name, filepath.ToSlash(secret), 1), 0o644)
		if c, problems = Check(path); c != nil || len(problems) != 1 || problems[0].Key != key || problems[0].Line == 0 || problems[0].Remedy != "dare la lettura all'utente del servizio" {
			t.Errorf("an unreadable %s: %v", key, problems)
		}
	}
}

// TestLongValues: a value of a megabyte does not fill the screen.
func TestLongValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, "installation: "+strings.Repeat("A", 100_000)+"\n"+"language: "+strings.Repeat("k", 100_000)+"\n", 0o644)
	_, problems := Check(path)
	for _, p := range problems {
		if n := len(p.String()); n > 6*maxWords {
			t.Errorf("%d bytes: %.100s", n, p)
		}
	}
	if len(problems) < 2 {
		t.Errorf("%d problems", len(problems))
	}
}
