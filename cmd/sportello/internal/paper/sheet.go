package paper

import (
	"bytes"
	_ "embed" // the fonts
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // Windows has none

	"codeberg.org/go-pdf/fpdf"
)

// The fonts of the Go project (font/LICENSE): they have every letter of Italian and German, and the euro.
var (
	//go:embed font/Go-Regular.ttf
	regular []byte
	//go:embed font/Go-Bold.ttf
	bold []byte
)

// Rome is the office's clock.
var Rome = must(time.LoadLocation("Europe/Rome"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the zones are in the binary
	}
	return v
}

// Sizes of a page, in millimetres, and of its text, in points.
const (
	margin      = 18.0
	pageWidth   = 210.0
	pageBottom  = 20.0
	textWidth   = pageWidth - 2*margin
	labelWidth  = 58.0
	textPoints  = 10.0
	smallPoints = 7.5
	lineHeight  = 5.6
	rowHeight   = 4.6
)

// Head is what a document says of itself, and what reading software tells first.
type Head struct {
	Title    string
	Subtitle string
	Language string // it, en, de
	Author   string // the body that gives it out
	// At is the moment the document is about. It is its date: the same document is made of the same bytes
	// whenever it is made.
	At     time.Time
	Footer string // on every page, before its number
	Mark   string // at the top right
}

// Sheet is a document of A4 pages that is being written. It is used by one goroutine.
type Sheet struct {
	pdf *fpdf.Fpdf
}

// NewSheet begins a document.
func NewSheet(h Head) *Sheet {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	at := h.At.In(Rome)
	f.SetCreationDate(at)
	f.SetModificationDate(at)
	f.SetProducer("Sportello POS", false)
	f.SetTitle(printable(h.Title), true)
	f.SetAuthor(printable(h.Author), true)
	f.SetSubject(printable(h.Subtitle), true)
	f.SetLang(h.Language)
	f.AddUTF8FontFromBytes("go", "", regular)
	f.AddUTF8FontFromBytes("go", "B", bold)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, pageBottom)
	f.SetFooterFunc(func() {
		f.SetY(-pageBottom + 6)
		f.SetFont("go", "", smallPoints)
		f.SetTextColor(80, 80, 80)
		f.CellFormat(textWidth-15, rowHeight, printable(h.Footer), "", 0, "L", false, 0, "")
		f.CellFormat(15, rowHeight, fmt.Sprint(f.PageNo()), "", 0, "R", false, 0, "")
	})
	s := &Sheet{pdf: f}
	f.AddPage()
	s.font("B", 12)
	f.CellFormat(textWidth-40, lineHeight, printable(h.Author), "", 0, "L", false, 0, "")
	s.font("B", 14)
	f.CellFormat(40, lineHeight, printable(h.Mark), "", 1, "R", false, 0, "")
	f.Ln(5)
	s.font("B", 17)
	f.MultiCell(textWidth, 8, printable(h.Title), "", "L", false)
	if h.Subtitle != "" {
		s.font("", textPoints)
		f.MultiCell(textWidth, lineHeight, printable(h.Subtitle), "", "L", false)
	}
	f.Ln(3)
	return s
}

func (s *Sheet) font(style string, points float64) {
	s.pdf.SetFont("go", style, points)
	s.pdf.SetTextColor(0, 0, 0)
}

// Notice is a framed text that nobody is to miss.
func (s *Sheet) Notice(text string) {
	s.font("B", textPoints)
	s.pdf.SetDrawColor(0, 0, 0)
	s.pdf.SetFillColor(240, 240, 240)
	s.pdf.SetLineWidth(0.4)
	s.pdf.MultiCell(textWidth, lineHeight+0.6, printable(text), "1", "L", true)
	s.pdf.Ln(3)
}

// Heading begins a part, on the next page where no more than itself would fit here.
func (s *Sheet) Heading(text string) {
	if _, height := s.pdf.GetPageSize(); s.pdf.GetY() > height-pageBottom-4*lineHeight {
		s.pdf.AddPage()
	}
	s.pdf.Ln(2)
	s.font("B", 12)
	s.pdf.MultiCell(textWidth, 7, printable(text), "B", "L", false)
	s.pdf.Ln(1.5)
}

// Text is a paragraph.
func (s *Sheet) Text(text string) {
	s.font("", textPoints)
	s.pdf.MultiCell(textWidth, lineHeight-0.4, printable(text), "", "L", false)
	s.pdf.Ln(1)
}

// Fact is a thing with its name. An empty value is not shown.
type Fact struct{ Label, Value string }

// Facts are written one below the other.
func (s *Sheet) Facts(all ...Fact) {
	for _, one := range all {
		if one.Value == "" {
			continue
		}
		s.font("", textPoints)
		value := s.pdf.SplitText(printable(one.Value), textWidth-labelWidth-2)
		if _, height := s.pdf.GetPageSize(); s.pdf.GetY()+float64(len(value))*lineHeight > height-pageBottom {
			s.pdf.AddPage() // a name stays with its value
		}
		s.pdf.SetTextColor(70, 70, 70)
		s.pdf.CellFormat(labelWidth, lineHeight, printable(one.Label), "", 0, "L", false, 0, "")
		s.font("", textPoints)
		for _, line := range value {
			s.pdf.SetX(margin + labelWidth)
			s.pdf.CellFormat(textWidth-labelWidth, lineHeight, line, "", 1, "L", false, 0, "")
		}
	}
}

// Column is one column of a table: its name, its width as a share of the line, and whether it holds figures.
type Column struct {
	Name  string
	Share float64
	Right bool
}

// Table writes rows under their names, which come again on every page. What does not fit its column is written
// smaller; a figure as small as it takes, and other text is cut in the end and closes with an ellipsis.
func (s *Sheet) Table(columns []Column, rows [][]string) {
	head := func() {
		for _, c := range columns {
			s.cell(c, c.Name, "B", "B")
		}
		s.pdf.Ln(rowHeight)
	}
	head()
	_, height := s.pdf.GetPageSize()
	for _, row := range rows {
		if s.pdf.GetY()+rowHeight > height-pageBottom {
			s.pdf.AddPage()
			head()
		}
		for i, c := range columns {
			s.cell(c, row[i], "", "")
		}
		s.pdf.Ln(rowHeight)
	}
	s.pdf.Ln(2)
}

func (s *Sheet) cell(c Column, text, border, style string) {
	width, align, least := c.Share*textWidth, "L", smallPoints-1.5
	if c.Right {
		align, least = "R", 1
	}
	text = printable(text)
	points := smallPoints
	s.font(style, points)
	for ; points > least && s.pdf.GetStringWidth(text) > width-2; points -= 0.25 {
		s.font(style, points)
	}
	s.pdf.CellFormat(width, rowHeight, s.fit(text, width-2), border, 0, align, false, 0, "")
}

func (s *Sheet) fit(text string, width float64) string {
	if s.pdf.GetStringWidth(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && s.pdf.GetStringWidth(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// PDF ends the document.
func (s *Sheet) PDF() ([]byte, error) {
	var b bytes.Buffer
	if err := s.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("write the PDF: %w", err)
	}
	return b.Bytes(), nil
}

// printable keeps what the fonts can show: a text of a platform may hold anything.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == 0xA0:
			return ' '
		case r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0:
			return -1
		case r < 0x180, r >= 0x391 && r < 0x3CF, r >= 0x410 && r < 0x450, strings.ContainsRune("€–—‘’“”„…•†‰", r):
			return r
		}
		return '?'
	}, s)
}
