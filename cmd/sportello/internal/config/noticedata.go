package config

import (
	"fmt"
	"strconv"
	"strings"

	"sportello/driver"
)

// Lengths of the additional data message (ECR17 2.13) and of what goes into it.
const (
	noticeLength   = 18
	creditorLength = 11
	shortTag       = 30  // tags 1 to 4
	longTag        = 100 // tag 5, and all tags together
	cartNotices    = 5   // most notices in one pagoPA cart
)

func tagLength(tag int) int {
	if tag == 5 {
		return longTag
	}
	return shortTag
}

// carried is the length of one notice in the template.
func carried(template string) int {
	return len(strings.NewReplacer("{notice}", strings.Repeat("0", noticeLength),
		"{creditor}", strings.Repeat("0", creditorLength)).Replace(template))
}

// capacity is how many notices fit in one card transaction.
func capacity(t Terminal) int {
	if t.NoticeData == nil {
		if t.Settlement == "platform" {
			return cartNotices // nothing travels through the terminal
		}
		return 1
	}
	return min(cartNotices, tagLength(t.NoticeData.Tag)/max(1, carried(t.NoticeData.Template)))
}

// readNoticeData: where the platform is told of the charge, nothing travels through the terminal unless the
// file says so, since a provider that learns the notice may register it, too.
func readNoticeData(s *section, p profile, creditors int, way string) *driver.NoticeData {
	e := s.section("notice_data")
	if e == nil {
		if s.isNull("notice_data") || way == "platform" {
			return nil
		}
		d := p.noticeData
		return &d
	}
	if way == "platform" {
		s.warn("notice_data", "con settlement: platform il prestatore non deve ricevere l'avviso dal terminale: se lo registra da sé, risulta pagato due volte",
			"scrivere notice_data: null, salvo che il prestatore confermi per iscritto che non ne fa nulla")
	}
	d := driver.NoticeData{
		Tag:      e.number("tag", p.noticeData.Tag, 1, 5),
		Template: e.text("template", p.noticeData.Template),
		IndexMap: e.text("index_map", ""),
	}
	if d.IndexMap == "" {
		d.IndexMap = strconv.Itoa(d.Tag) + "000"
	}
	switch rest := strings.NewReplacer("{notice}", "", "{creditor}", "").Replace(d.Template); {
	case !strings.Contains(d.Template, "{notice}"):
		e.bad("template", fmt.Sprintf("%q non contiene {notice}: il prestatore non saprebbe quale avviso è pagato", d.Template), `scrivere per esempio "{notice}{creditor}"`)
	case strings.ContainsAny(rest, "{}"):
		e.bad("template", fmt.Sprintf("%q contiene un segnaposto sconosciuto", d.Template), "i segnaposto sono {notice} e {creditor}")
	case strings.IndexFunc(rest, func(r rune) bool { return r < ' ' || r > '~' }) >= 0:
		e.bad("template", fmt.Sprintf("%q contiene caratteri che il terminale non accetta", d.Template), "usare lettere senza accento, cifre e segni comuni")
	case carried(d.Template) > tagLength(d.Tag):
		e.bad("template", fmt.Sprintf("un avviso occupa %d caratteri, il campo %d del terminale ne ha %d", carried(d.Template), d.Tag, tagLength(d.Tag)), "accorciare il modello, oppure usare tag: 5 (100 caratteri)")
	case creditors > 1 && !strings.Contains(d.Template, "{creditor}"):
		e.warn("template", "con più enti manca {creditor}: il prestatore potrebbe non sapere di quale ente è l'avviso", `scrivere per esempio "{notice}{creditor}"`)
	}
	switch {
	case !indexMapShape.MatchString(d.IndexMap):
		e.bad("index_map", fmt.Sprintf("%q non è fatto di 4 cifre da 0 a 5", d.IndexMap), fmt.Sprintf("scrivere \"%d000\", salvo diverse indicazioni della banca", d.Tag))
	case !strings.Contains(d.IndexMap, strconv.Itoa(d.Tag)):
		e.warn("index_map", fmt.Sprintf("%q non annuncia il campo %d", d.IndexMap, d.Tag), fmt.Sprintf("scrivere \"%d000\", salvo diverse indicazioni della banca", d.Tag))
	}
	e.close()
	return &d
}

func readMaxNotices(s *section, p profile, t Terminal) int {
	n := s.number("max_notices", p.maxNotices, 1, cartNotices)
	if t.NoticeData == nil && t.Settlement == "terminal" {
		s.warn("notice_data", "senza dati aggiuntivi il prestatore non riceve il numero di avviso dalla cassa", "usare null solo se la banca conferma per iscritto che conosce l'avviso in altro modo")
	}
	room := capacity(t)
	if n > room && room > 0 {
		s.bad("max_notices", fmt.Sprintf("%d avvisi non stanno in una transazione: ce ne stanno %d", n, room), fmt.Sprintf("scrivere max_notices: %d (un carrello più lungo si incassa un avviso alla volta)", room))
	}
	return n
}
