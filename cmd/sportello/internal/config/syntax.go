package config

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// mistake is something the YAML library refuses, in words for people.
type mistake struct {
	says           string // a part of the library's own sentence
	reason, remedy string
}

const (
	mendIndent = "allineare la riga con le altre dello stesso gruppo, con spazi; dopo i due punti va uno spazio"
	mendQuotes = "mettere fra virgolette il valore che contiene segni come : # @ % { } [ ]"
)

// mistakesOfYAML is looked through in order; the last row fits everything.
var mistakesOfYAML = []mistake{
	{"unknown escape", "fra virgolette doppie la barra \\ comincia un comando che YAML non conosce", `scrivere i percorsi di Windows fra apici singoli: 'C:\ProgramData\Sportello'`},
	{"tab character", "il rientro contiene una tabulazione", "usare solo spazi per i rientri"},
	{"cannot start any token", "qui un valore comincia con un segno che YAML non ammette, o il rientro contiene una tabulazione", "usare spazi, non tabulazioni, per i rientri; mettere fra virgolette un valore che comincia con un segno"},
	{"mapping values are not allowed", "qui i due punti non ci possono stare: il rientro è sbagliato, o un valore con «: » è senza virgolette", mendIndent + "; " + mendQuotes},
	{"did not find expected key", "qui ci si aspetta una voce «nome: valore», allineata con le altre", mendIndent},
	{"could not find expected ':'", "qui ci si aspettano i due punti dopo il nome della voce", "scrivere «nome: valore»"},
	{"did not find expected '-'", "qui ci si aspetta una voce dell'elenco («- »), o una riga allineata con le altre della sua voce", "allineare la riga con quelle della sua voce, con spazi, o cominciarla con «- » se è una voce nuova"},
	{"block sequence entries are not allowed", "qui una voce di elenco («- ») non ci può stare", "scrivere l'elenco sotto il suo nome, ogni voce su una riga che comincia con «- »"},
	{"',' or '}'", "il gruppo fra { } non è chiuso, o fra due voci manca la virgola", "chiudere con } e separare le voci con una virgola"},
	{"',' or ']'", "l'elenco fra [ ] non è chiuso, o fra due voci manca la virgola", "chiudere con ] e separare le voci con una virgola"},
	{"unexpected end of stream", "qui si aprono virgolette che nessuno chiude", "chiudere le virgolette sulla stessa riga"},
	{"unexpected document indicator", "qui si aprono virgolette che nessuno chiude", "chiudere le virgolette sulla stessa riga"},
	{"expected <document start>", "qui c'è del testo che non appartiene a nessuna voce", mendIndent},
	{"unknown anchor", "i rimandi YAML (*nome) non sono ammessi", "ripetere il valore per esteso; un valore che comincia con * va fra virgolette"},
	{"control characters", "il file contiene byte che non sono testo", "salvarlo di nuovo come testo UTF-8 con un editor di testo"},
	{"UTF-8", "il file contiene lettere che non sono scritte in UTF-8", "salvarlo di nuovo come testo UTF-8 con un editor di testo"},
	{"UTF-16", "il file contiene lettere che non sono scritte in UTF-8", "salvarlo di nuovo come testo UTF-8 con un editor di testo"},
	{"", "la riga non è scritta come YAML vuole", "controllare rientri, due punti e virgolette di questa riga e di quella sopra"},
}

// syntax explains what the YAML library has refused in text.
func (r *reader) syntax(text string, err error) {
	for _, m := range mistakesOfYAML {
		if strings.Contains(err.Error(), m.says) {
			r.add(lineOf(text, err), "", "non è YAML valido: "+m.reason, m.remedy)
			return
		}
	}
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// Files that are searched for the line of a mistake, and for how long: a real one takes a few milliseconds. For
// others the library's own word has to do.
const (
	searchedLines = 1000
	searchedBytes = 32 << 10
	searchedFor   = time.Second
)

// maxDepth is how many groups may stand in each other: of a real file three or four do. What is deeper costs the library
// more than its length.
const maxDepth = 64

// tooDeep is the line where more groups are open than may be; 0: none. Signs in a text count, too: a file has few.
func tooDeep(text string) int {
	line, depth := 1, 0
	for i := range len(text) {
		switch text[i] {
		case '\n':
			line++
		case '{', '[':
			if depth++; depth > maxDepth {
				return line
			}
		case '}', ']':
			depth = max(depth-1, 0)
		}
	}
	return 0
}

// byLine gives a text line by line, and counts them: whoever stops has seen no further.
type byLine struct {
	lines []string
	given int
	rest  string
}

func (b *byLine) Read(p []byte) (int, error) {
	if b.rest == "" {
		if b.given == len(b.lines) {
			return 0, io.EOF
		}
		b.rest = b.lines[b.given]
		b.given++
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// lineOf is the first line that YAML cannot take: up to it the file is sound. The library itself often names the
// line where the group began that it was reading.
func lineOf(text string, err error) int {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) <= searchedLines && len(text) <= searchedBytes {
		seen := &byLine{lines: lines} // it refuses the same in whatever follows what it has seen
		_ = readable(seen)
		n, end := seen.given, len(strings.Join(lines[:seen.given], ""))
		for begun := time.Now(); n > 1 && time.Since(begun) < searchedFor; n-- {
			end -= len(lines[n-1])
			if wellFormed(text[:end]) {
				return n
			}
		}
		if n == 1 {
			return 1
		}
	}
	line := 0
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	return line
}

func wellFormed(text string) bool { return readable(strings.NewReader(text)) }

func readable(text io.Reader) bool {
	d := yaml.NewDecoder(text)
	for {
		var n yaml.Node
		if err := d.Decode(&n); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
