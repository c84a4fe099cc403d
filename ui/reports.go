package ui

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"time"

	"sportello/protocol/local"
)

// Papers is what the server needs of everything that leaves the counter on paper or as a file. Errors and
// concurrency as Till's. None of it changes a payment.
type Papers interface {
	// Attestation is the paper for the citizen, as PDF: CodeNothingToAttest where no charge is proven.
	Attestation(ctx context.Context, paymentID string) ([]byte, error)
	// Print sends what to the service's printer, and waits for it a little. It outlives its request.
	Print(ctx context.Context, paymentID, what string) (local.Printed, error)
	// DayReport is an accounting day's; "" is today.
	DayReport(ctx context.Context, day string) (local.DayReport, error)
	// DayFile is the same as a file: csv, its lines alone, or pdf.
	DayFile(ctx context.Context, day, format string) ([]byte, error)
	// PaymentsFile are payments of a list as CSV, one line a notice.
	PaymentsFile(payments []local.Payment) ([]byte, error)
	// Printer is how the service's printer is; nil: there is none.
	Printer() *local.Printer
}

// sheet is a file of lines for a spreadsheet.
type sheet struct {
	name string // without .csv; safeName makes it harmless
	csv  []byte
}

func (f sheet) write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Length", strconv.Itoa(len(f.csv)))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": safeName(f.name) + ".csv"}))
	w.WriteHeader(status)
	_, _ = w.Write(f.csv) // a client that is gone has nobody to tell
}

func (s *Server) papers() (Papers, error) {
	if s.options.Papers == nil {
		return nil, &local.Error{Code: local.CodeNotServed}
	}
	return s.options.Papers, nil
}

// attestation gives the paper for the citizen.
func (s *Server) attestation(c *call) (answer, error) {
	papers, err := s.papers()
	if err != nil {
		return answer{}, err
	}
	id, err := pathValue(c.r, "id")
	if err != nil {
		return answer{}, err
	}
	pdf, err := papers.Attestation(c.r.Context(), id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, paper{"attestazione-" + id, pdf}}, nil
}

// print prints once for each request id: a repeat hears what became of the first.
func (s *Server) print(c *call) (answer, error) {
	var request local.PrintRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	papers, err := s.papers()
	if err != nil {
		return answer{}, err
	}
	id, err := pathValue(c.r, "id")
	if err != nil {
		return answer{}, err
	}
	if request.What != local.PrintSlip && request.What != local.PrintAttestation {
		return answer{}, badRequest("what")
	}
	return s.repeats.once(c.r.Context(), c.by.ID, request.RequestID, "print "+id, request, func() (answer, error) {
		printed, err := papers.Print(context.WithoutCancel(c.r.Context()), id, request.What)
		return answer{http.StatusOK, printed}, err
	})
}

// dayReport gives a day's report, as JSON or as a file.
func (s *Server) dayReport(c *call) (answer, error) {
	papers, err := s.papers()
	if err != nil {
		return answer{}, err
	}
	day, format := "", "json"
	for name, values := range c.r.URL.Query() {
		if len(values) != 1 {
			return answer{}, badRequest(name)
		}
		switch name {
		case "date":
			day = values[0]
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				return answer{}, badRequest(name)
			}
		case "format":
			format = values[0]
		default:
			return answer{}, badRequest(name)
		}
	}
	switch format {
	case "json":
		report, err := papers.DayReport(c.r.Context(), day)
		return answer{http.StatusOK, report}, err
	case "csv", "pdf":
	default:
		return answer{}, badRequest("format")
	}
	file, err := papers.DayFile(c.r.Context(), day, format)
	if err != nil {
		return answer{}, err
	}
	name := "riepilogo"
	if day != "" {
		name += "-" + day
	}
	if format == "csv" {
		return answer{http.StatusOK, sheet{name, file}}, nil
	}
	return answer{http.StatusOK, paper{name, file}}, nil
}

// mostListed bounds the payments of one file.
const mostListed = 50_000

// paymentsFile is what a query of the archive lists, all its pages, as CSV. What does not fit is refused, and not
// cut off.
func (s *Server) paymentsFile(c *call, query local.PaymentQuery) (answer, error) {
	papers, err := s.papers()
	if err != nil {
		return answer{}, err
	}
	var all []local.Payment
	query.Limit = mostPayments
	for {
		page, err := s.options.Till.Payments(c.r.Context(), query)
		if err != nil {
			return answer{}, err
		}
		if all = append(all, page.Payments...); len(all) > mostListed {
			return answer{}, badRequest("format")
		}
		if page.Next == "" {
			break
		}
		query.Cursor = page.Next
	}
	file, err := papers.PaymentsFile(all)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, sheet{"pagamenti", file}}, nil
}

// asFile takes format=csv out of a query; another format but json is refused.
func asFile(r *http.Request) (bool, error) {
	query := r.URL.Query()
	values, ok := query["format"]
	if !ok {
		return false, nil
	}
	if len(values) != 1 || values[0] != "csv" && values[0] != "json" {
		return false, badRequest("format")
	}
	query.Del("format")
	r.URL.RawQuery = query.Encode()
	return values[0] == "csv", nil
}
