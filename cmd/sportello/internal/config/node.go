package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gopkg.in/yaml.v3"
)

// maxFile bounds what is read into memory; a real file has a few kilobytes.
const maxFile = 1 << 20

// reader collects the problems of one file.
type reader struct {
	file     string
	problems []Problem
}

func (r *reader) add(line int, key, reason, remedy string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Key: short(key), Reason: short(reason), Remedy: short(remedy)})
}

// maxWords is how long a sentence about a file may be: it names values as they stand in the file.
const maxWords = 600

// short ends a sentence that a value in it has made too long.
func short(s string) string {
	if runes := []rune(s); len(runes) > maxWords {
		return string(runes[:maxWords]) + "…"
	}
	return s
}

// open reads the file's one YAML document, a mapping. It returns nil after a problem.
func (r *reader) open() *section {
	b, err := readFile(r.file, maxFile+1)
	switch {
	case err != nil:
		r.add(0, "", openReason(err), "indicare il file giusto con --config, oppure crearlo; deve essere leggibile da chi lancia il comando")
		return nil
	case len(b) > maxFile:
		r.add(0, "", "il file supera 1 MiB: non è un file di configurazione", "indicare un file di configurazione YAML")
		return nil
	}
	return r.parse(b)
}

// errFolder is a folder where a file was named.
var errFolder = errors.New("is a folder")

// readFile reads the beginning of a file.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errFolder
	}
	return io.ReadAll(io.LimitReader(f, most))
}

func openReason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "il file non esiste"
	case errors.Is(err, fs.ErrPermission):
		return "il file non è leggibile con i permessi di questo utente"
	case errors.Is(err, errFolder):
		return "è una cartella, non un file"
	case errors.Is(err, syscall.ENOTDIR):
		return "nel percorso c'è un file al posto di una cartella"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "il nome del file è troppo lungo"
	}
	return fmt.Sprintf("il file non si lascia leggere (%v)", err)
}

func (r *reader) parse(b []byte) *section {
	text := strings.TrimPrefix(string(b), "\ufeff")
	if line := tooDeep(text); line > 0 {
		r.add(line, "", fmt.Sprintf("più di %d gruppi { } o [ ] aperti uno dentro l'altro: manca dove si chiudono", maxDepth), "chiudere ogni gruppo con } o ], oppure scriverlo su più righe, con rientri")
		return nil
	}
	d := yaml.NewDecoder(strings.NewReader(text))
	var document, another yaml.Node
	err := d.Decode(&document)
	switch {
	case errors.Is(err, io.EOF):
		r.add(0, "", "il file è vuoto", "partire dall'esempio in docs/integratore.md")
		return nil
	case err != nil:
		r.syntax(text, err)
		return nil
	}
	if err := d.Decode(&another); !errors.Is(err, io.EOF) {
		if err != nil {
			r.syntax(text, err)
		} else {
			r.add(another.Line, "", "nel file c'è un secondo documento YAML", "tenere un solo documento: togliere la riga ---")
		}
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		r.add(root.Line, "", "il file non è un elenco di voci «nome: valore»", "partire dall'esempio in docs/integratore.md")
		return nil
	}
	return r.section(root, "")
}

// section is one mapping of the file. Reading a key makes it known; close reports the others.
type section struct {
	r      *reader
	path   string
	line   int
	values map[string]*yaml.Node
	lines  map[string]int
	names  []string // in the order of the file
	known  []string
}

func (r *reader) section(n *yaml.Node, path string) *section {
	s := &section{r: r, path: path, line: n.Line, values: map[string]*yaml.Node{}, lines: map[string]int{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode {
			r.add(k.Line, path, "il nome di una voce deve essere una parola", "scrivere «nome: valore»")
			continue
		}
		if first, twice := s.lines[k.Value]; twice {
			r.add(k.Line, s.key(k.Value), fmt.Sprintf("la voce c'è due volte (già alla riga %d)", first), "tenerne una sola")
			continue
		}
		s.values[k.Value], s.lines[k.Value] = v, k.Line
		s.names = append(s.names, k.Value)
	}
	return s
}

func (s *section) key(name string) string {
	if s.path == "" {
		return name
	}
	return s.path + "." + name
}

// at is the line of a key, or of the section when the key is not there.
func (s *section) at(name string) int {
	if line, ok := s.lines[name]; ok {
		return line
	}
	return s.line
}

func (s *section) bad(name, reason, remedy string) { s.r.add(s.at(name), s.key(name), reason, remedy) }

func (s *section) warn(name, reason, remedy string) {
	s.bad(name, reason, remedy)
	s.r.problems[len(s.r.problems)-1].Warning = true
}

// get returns a key's node; nil when it is absent or null.
func (s *section) get(name string) *yaml.Node {
	if !slices.Contains(s.known, name) {
		s.known = append(s.known, name)
	}
	n := s.values[name]
	if n != nil && n.Kind == yaml.AliasNode {
		s.bad(name, "i rimandi YAML (*nome) non sono ammessi", "ripetere il valore per esteso")
		return nil
	}
	if n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	return n
}

// isNull tells whether the key is there with the value null.
func (s *section) isNull(name string) bool {
	n := s.values[name]
	return n != nil && n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// text reads a word or a number, as written. A boolean or a decimal is refused, because YAML may have
// eaten a code (1E5, true).
func (s *section) text(name, otherwise string) string {
	n := s.get(name)
	if n == nil {
		return otherwise
	}
	if n.Kind != yaml.ScalarNode {
		s.bad(name, "qui va un testo, non un elenco", "scrivere «"+name+": valore» su una riga")
		return otherwise
	}
	switch n.Tag {
	case "!!str", "!!int":
	default:
		s.bad(name, fmt.Sprintf("%q non è letto come testo", n.Value), "metterlo fra virgolette: \""+n.Value+"\"")
		return otherwise
	}
	if n.Value == "" {
		return otherwise
	}
	return n.Value
}

// must is text that cannot be left out; example goes into the remedy.
func (s *section) must(name, example string) string {
	before := len(s.r.problems)
	v := s.text(name, "")
	if v == "" && len(s.r.problems) == before {
		s.bad(name, "manca", "aggiungere per esempio «"+name+": "+example+"»")
	}
	return v
}

// oneOf reads one of a few words.
func (s *section) oneOf(name, otherwise string, words ...string) string {
	v := s.text(name, otherwise)
	if slices.Contains(words, v) {
		return v
	}
	remedy := "scegliere fra: " + strings.Join(words, ", ")
	if near := nearest(v, words); near != "" {
		remedy += "; forse intendevi «" + near + "»"
	}
	s.bad(name, fmt.Sprintf("%q non è ammesso", v), remedy)
	return otherwise
}

// number reads an integer from low to high.
func (s *section) number(name string, otherwise, low, high int) int {
	return s.numberLike(name, otherwise, low, high, otherwise)
}

// numberLike is number where what stands for an absent one is no good example.
func (s *section) numberLike(name string, otherwise, low, high, example int) int {
	n := s.get(name)
	if n == nil {
		return otherwise
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || v < low || v > high {
		s.bad(name, fmt.Sprintf("%q non è un numero intero da %d a %d", n.Value, low, high), fmt.Sprintf("scrivere per esempio «%s: %d»", name, example))
		return otherwise
	}
	return v
}

// boolean reads true or false.
func (s *section) boolean(name string, otherwise bool) bool {
	n := s.get(name)
	if n == nil {
		return otherwise
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		s.bad(name, fmt.Sprintf("%q non è né true né false", n.Value), "scrivere true oppure false, senza virgolette")
		return otherwise
	}
	return strings.EqualFold(n.Value, "true")
}

// duration reads 180s or 5m, from low to high.
func (s *section) duration(name string, otherwise, low, high time.Duration) time.Duration {
	v := s.text(name, otherwise.String())
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		s.bad(name, fmt.Sprintf("%q non è una durata", v), "scrivere un numero con l'unità: 180s, 5m")
	case d < low || d > high:
		s.bad(name, fmt.Sprintf("%s è fuori dai limiti", v), fmt.Sprintf("scegliere da %s a %.0fs", inUnits(low), high.Seconds()))
	default:
		return d
	}
	return otherwise
}

// inUnits writes a duration in one unit.
func inUnits(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%dms", d.Milliseconds())
	}
	return fmt.Sprintf("%.0fs", d.Seconds())
}

// section reads a nested mapping; nil when absent or not a mapping.
func (s *section) section(name string) *section {
	n := s.get(name)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		s.bad(name, "qui va un gruppo di voci, non un solo valore", "scrivere le voci sotto «"+name+":», rientrate, oppure fra { }")
		return nil
	}
	return s.r.section(n, s.key(name))
}

// list reads a sequence; nil when absent or not a sequence.
func (s *section) list(name string) []*yaml.Node {
	n := s.get(name)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		s.bad(name, "qui va un elenco", "scrivere le voci sotto «"+name+":», ognuna su una riga che inizia con «- »")
		return nil
	}
	return n.Content
}

// sections reads a sequence of mappings, which cannot be left out.
func (s *section) sections(name, what string) []*section {
	before := len(s.r.problems)
	items := s.list(name)
	if len(items) == 0 && len(s.r.problems) == before {
		s.bad(name, "manca: serve almeno "+what, "partire dall'esempio in docs/integratore.md")
	}
	var all []*section
	for i, n := range items {
		path := fmt.Sprintf("%s[%d]", s.key(name), i)
		if n.Kind != yaml.MappingNode {
			s.r.add(n.Line, path, "qui va un gruppo di voci", "scrivere «- nome: valore» e le altre voci rientrate sotto")
			continue
		}
		all = append(all, s.r.section(n, path))
	}
	return all
}

// texts reads a sequence of words.
func (s *section) texts(name string) []string {
	var all []string
	for i, n := range s.list(name) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || n.Value == "" {
			s.r.add(n.Line, fmt.Sprintf("%s[%d]", s.key(name), i), "qui va un testo", "scrivere un valore fra virgolette")
			continue
		}
		all = append(all, n.Value)
	}
	return all
}

// close reports the keys that nobody has read.
func (s *section) close() {
	for _, name := range s.names {
		if slices.Contains(s.known, name) {
			continue
		}
		remedy := "togliere la voce; quelle ammesse qui sono: " + strings.Join(s.known, ", ")
		if near := nearest(name, s.known); near != "" {
			remedy = "forse intendevi «" + near + "»"
		}
		s.bad(name, "voce sconosciuta", remedy)
	}
}
