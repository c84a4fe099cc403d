package ui

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"sportello/protocol/local"
)

const mostNotices = 99 // of one payment; far above what any terminal takes

// paper is an answer to be printed or kept as a file.
type paper struct {
	name string // of the file, without .pdf; safeName makes it harmless
	pdf  []byte
}

// write sends the paper as a file to be saved: nothing in it is ever shown as part of our own page.
func (p paper) write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(len(p.pdf)))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": safeName(p.name) + ".pdf"}))
	w.WriteHeader(status)
	_, _ = w.Write(p.pdf) // a client that is gone has nobody to tell
}

// safeName keeps letters, digits and dashes: ids come out of a URL.
func safeName(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-':
			return c
		}
		return '-'
	}, name)
}

// printed is a PDF as the platform made it, or the refusal of what is none.
func printed(name string, pdf []byte, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		return answer{}, &local.Error{Code: local.CodeReceiptPDFMissing}
	}
	return answer{http.StatusOK, paper{name, pdf}}, nil
}

// receipt gives the terminal's slip or, with notice=N, the pagoPA receipt of the payment's Nth notice.
func (s *Server) receipt(c *call) (answer, error) {
	id, err := pathValue(c.r, "id")
	if err != nil {
		return answer{}, err
	}
	notice, pdf, err := receiptQuery(c.r)
	if err != nil {
		return answer{}, err
	}
	if notice == 0 {
		slip, err := s.options.Till.Receipt(c.r.Context(), id)
		return answer{http.StatusOK, slip}, err
	}
	receipt, err := s.options.Till.RegistrationReceipt(c.r.Context(), id, notice-1, pdf)
	if pdf {
		return printed("ricevuta-"+id+"-"+strconv.Itoa(notice), receipt.PDF, err)
	}
	return answer{http.StatusOK, receipt}, err
}

// receiptQuery reads notice, counted from 1 and 0 when absent, and format.
func receiptQuery(r *http.Request) (notice int, pdf bool, err error) {
	format := ""
	for name, values := range r.URL.Query() {
		if len(values) != 1 {
			return 0, false, badRequest(name)
		}
		switch name {
		case "notice":
			notice, err = strconv.Atoi(values[0])
			if err != nil || notice < 1 || notice > mostNotices {
				return 0, false, badRequest(name)
			}
		case "format":
			format = values[0]
			if format != "json" && format != "pdf" {
				return 0, false, badRequest(name)
			}
		default:
			return 0, false, badRequest(name)
		}
	}
	if format != "" && notice == 0 { // a slip is text
		return 0, false, badRequest("notice")
	}
	return notice, format == "pdf", nil
}

// noticePDF gives the paper of a notice. It is a POST because a notice belongs to a person.
func (s *Server) noticePDF(c *call) (answer, error) {
	var request local.NoticeRef
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	switch {
	case !digits(request.Number, 18):
		return answer{}, badRequest("number")
	case request.Creditor != "" && !digits(request.Creditor, 11):
		return answer{}, badRequest("creditor")
	}
	pdf, err := s.options.Till.NoticePDF(c.r.Context(), request)
	return printed("avviso-"+request.Number, pdf, err)
}

// digits is exactly n of them.
func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
