package ui

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"sportello/protocol/local"
)

// Upkeep is what the server needs for those who look after the installation. Errors and concurrency as Till's.
type Upkeep interface {
	// Metrics is the text of Prometheus' format 0.0.4. It asks no terminal and no platform.
	Metrics(ctx context.Context) ([]byte, error)
	// Bundle is what the assistance needs to know, redacted.
	Bundle(ctx context.Context) ([]byte, error)
	// Backup writes a copy of the ledger to w. stop is called when a payment has to wait for it: a write that hangs
	// must end then, and the copy is worthless.
	Backup(w io.Writer, stop func()) (Backup, error)
	// RestoreStatus is what a ledger from a copy waits for.
	RestoreStatus(ctx context.Context) (local.RestoreStatus, error)
	// Restore brings a charge that was made after the copy into the ledger; by is a supervisor.
	Restore(ctx context.Context, by local.Operator, request local.RestoreRequest) (local.Payment, error)
}

// Backup is a copy that is whole.
type Backup struct {
	SHA256  string
	Head    string // of the ledger's chain
	Entries uint64
}

// The trailers of a copy that is whole, and the header of a text that is.
const (
	SHA256Header  = "X-Sportello-Sha256"
	HeadHeader    = "X-Sportello-Head"
	EntriesHeader = "X-Sportello-Entries"
)

// SetMaintenance lets the bearer of token do upkeep, and nothing else: whoever may read the ledger's file may
// read the token's, too.
func (s *Server) SetMaintenance(token string) {
	hash := sha256.Sum256([]byte(token))
	s.maintenance.Store(&hash)
}

// maintains says that a request bears that token.
func (s *Server) maintains(r *http.Request) bool {
	hash, token := s.maintenance.Load(), bearer(r)
	if hash == nil || token == "" || len(token) > maxToken {
		return false
	}
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], hash[:]) == 1
}

// upkeep is nil where none is served.
func (s *Server) upkeep() (Upkeep, error) {
	if s.options.Upkeep == nil {
		return nil, &local.Error{Code: local.CodeNotServed}
	}
	return s.options.Upkeep, nil
}

// metrics lets in whom the configuration names, by address; others need a token. Loopback is no exception: on a
// terminal server it is everybody's.
func (s *Server) metrics(c *call) (answer, error) {
	if !s.mayScrape(c.r) && !s.maintains(c.r) {
		if err := s.authorize(c, signedIn); err != nil {
			return answer{}, err
		}
	}
	u, err := s.upkeep()
	if err != nil {
		return answer{}, err
	}
	text, err := u.Metrics(c.r.Context())
	return answer{http.StatusOK, plain{"text/plain; version=0.0.4; charset=utf-8", text}}, err
}

// mayScrape looks at the connection alone: what a proxy says of whom it serves can be made up.
func (s *Server) mayScrape(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	from, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, allowed := range s.options.MetricsFrom {
		if allowed.Contains(from.Unmap()) {
			return true
		}
	}
	return false
}

func (s *Server) bundle(c *call) (answer, error) {
	u, err := s.upkeep()
	if err != nil {
		return answer{}, err
	}
	text, err := u.Bundle(c.r.Context())
	if err != nil {
		return answer{}, err
	}
	sum := sha256.Sum256(text)
	c.w.Header().Set(SHA256Header, hex.EncodeToString(sum[:]))
	return answer{http.StatusOK, plain{"text/plain; charset=utf-8", text}}, nil
}

// plain is a text as an answer.
type plain struct {
	kind string
	text []byte
}

func (s plain) write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", s.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(s.text)))
	w.WriteHeader(status)
	_, _ = w.Write(s.text) // a client that is gone has nobody to tell
}

func (s *Server) restoreStatus(c *call) (answer, error) {
	u, err := s.upkeep()
	if err != nil {
		return answer{}, err
	}
	status, err := u.RestoreStatus(c.r.Context())
	return answer{http.StatusOK, status}, err
}

func (s *Server) restorePayment(c *call) (answer, error) {
	var request local.RestoreRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	if c.by.Role != local.RoleSupervisor {
		return answer{}, &local.Error{Code: local.CodeForbiddenRole}
	}
	u, err := s.upkeep()
	if err != nil {
		return answer{}, err
	}
	payment, err := u.Restore(context.WithoutCancel(c.r.Context()), c.by, request)
	return answer{http.StatusOK, payment}, err
}

func (s *Server) backup(*call) (answer, error) {
	u, err := s.upkeep()
	return answer{http.StatusOK, backupStream{s, u}}, err
}

// backupStream is an answer of which the end says whether it is worth anything.
type backupStream struct {
	s *Server
	u Upkeep
}

func (b backupStream) write(w http.ResponseWriter, status int) {
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	for _, name := range []string{SHA256Header, HeadHeader, EntriesHeader} {
		header.Add("Trailer", name)
	}
	w.WriteHeader(status)
	control := http.NewResponseController(w)
	stop := func() { _ = control.SetWriteDeadline(time.Now()) }
	done, err := b.u.Backup(&patient{w: w, control: control}, stop)
	if err != nil {
		b.s.options.Log.Warn().Err(err).Msg("a copy of the ledger was not finished")
		return // without trailers
	}
	header.Set(SHA256Header, done.SHA256)
	header.Set(HeadHeader, done.Head)
	header.Set(EntriesHeader, strconv.FormatUint(done.Entries, 10))
}

// patient writes as long as the other side takes something now and then.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	until   time.Time
}

func (p *patient) Write(b []byte) (int, error) {
	if now := time.Now(); p.until.Sub(now) < writeTimeout/2 {
		p.until = now.Add(writeTimeout)
		_ = p.control.SetWriteDeadline(p.until)
	}
	return p.w.Write(b)
}
