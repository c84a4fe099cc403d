package paper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// target is a printer by its name.
type target interface {
	open(ctx context.Context, t Timing) (device, error)
}

// rawPort is where network printers take what they are to print.
const rawPort = "9100"

var hostShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$`)

// parseTarget reads a printer's name; the systems have others beside tcp:// (systemTarget).
func parseTarget(name string) (target, error) {
	if !strings.HasPrefix(strings.ToLower(name), "tcp://") {
		return systemTarget(name)
	}
	u, err := url.Parse(name)
	if err != nil || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: %q is not tcp://HOST:PORT", ErrPrinterName, name)
	}
	host, port := u.Hostname(), orElse(u.Port(), rawPort)
	if _, err := netip.ParseAddr(host); err != nil && !hostShape.MatchString(host) {
		return nil, fmt.Errorf("%w: %q has no host", ErrPrinterName, name)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return nil, fmt.Errorf("%w: %q has no port", ErrPrinterName, name)
	}
	return &network{address: net.JoinHostPort(host, port)}, nil
}

// network is a printer that takes raw data on a port.
type network struct {
	address  string
	answered atomic.Bool // it can say how it is: it has done so before
}

func (n *network) open(ctx context.Context, t Timing) (device, error) {
	d := net.Dialer{Timeout: t.Open}
	c, err := d.DialContext(ctx, "tcp", n.address)
	if err != nil {
		return nil, unreachable(err)
	}
	return &stream{file: c, t: t, answered: &n.answered}, nil
}

// handle is an open connection or device file.
type handle interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	Close() error
}

var (
	_ handle = (*net.TCPConn)(nil)
	_ handle = (*os.File)(nil)
)

// stream is a printer behind a connection or a device file.
type stream struct {
	file     handle
	t        Timing
	answered *atomic.Bool // nil: it cannot answer
	wrote    bool
}

// ESC/POS: ask in real time why it is offline (DLE EOT 2), and what the answer's bits say.
var askOffline = []byte{0x10, 0x04, 0x02}

const (
	answerMask, answerForm = 0x93, 0x12 // bits that every answer has
	coverOpen              = 0x04
	paperEnd               = 0x20
	outOfOrder             = 0x40
)

// check asks the printer how it is. One that has never answered is taken as it is: many cannot.
func (s *stream) check(ctx context.Context) error {
	if s.answered == nil {
		return nil
	}
	stop := s.until(ctx)
	defer stop()
	if err := s.send(ctx, askOffline); err != nil { // of the paper nothing was sent
		return fmt.Errorf("%w: %s", ErrUnreachable, err.Error())
	}
	_ = s.file.SetReadDeadline(time.Now().Add(s.t.Answer))
	if err := ctx.Err(); err != nil { // the line above may have put off what until did
		return unreachable(err)
	}
	var b [1]byte
	n, err := s.file.Read(b[:])
	switch {
	case n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && !s.answered.Load():
		return nil
	case n == 0: // it has hung up on us
		return unreachable(err)
	case b[0]&answerMask != answerForm:
		return nil // not an answer to that
	}
	s.answered.Store(true)
	switch {
	case b[0]&paperEnd != 0:
		return ErrPaper
	case b[0]&coverOpen != 0:
		return ErrCover
	case b[0]&outOfOrder != 0:
		return ErrFault
	}
	return nil
}

// until makes blocked reads and writes end with ctx.
func (s *stream) until(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		past := time.Unix(1, 0)
		_ = s.file.SetReadDeadline(past)
		_ = s.file.SetWriteDeadline(past)
	})
}

// piece is what is written under one deadline: about a line of a strip.
const piece = 512

func (s *stream) write(ctx context.Context, data []byte) error {
	stop := s.until(ctx)
	defer stop()
	s.wrote = true
	for len(data) > 0 {
		n := min(len(data), piece)
		if err := s.send(ctx, data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

func (s *stream) send(ctx context.Context, data []byte) error {
	if err := s.file.SetWriteDeadline(time.Now().Add(s.t.Write)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		return fmt.Errorf("%w: %w", ErrCut, err)
	}
	if err := ctx.Err(); err != nil { // the line above may have put off what until did
		return fmt.Errorf("%w: %w", ErrSlow, err)
	}
	_, err := s.file.Write(data)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrSlow, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrCut, err)
	}
	return nil
}

// close ends a connection so that the printer gets all of it: an answer of its own that nobody reads would make
// the system tear the connection down with what the printer has not taken yet.
func (s *stream) close() error {
	var err error
	if c, ok := s.file.(*net.TCPConn); ok && s.wrote {
		if c.CloseWrite() == nil {
			err = s.drain()
		}
	}
	if closing := s.file.Close(); err == nil && closing != nil && s.wrote {
		err = fmt.Errorf("%w: %w", ErrCut, closing)
	}
	return err
}

// lingering is how long we wait for the printer to hang up; most never do.
const lingering = 2 * time.Second

func (s *stream) drain() error {
	_ = s.file.SetReadDeadline(time.Now().Add(min(lingering, s.t.Write)))
	var b [64]byte
	for {
		_, err := s.file.Read(b[:])
		switch {
		case errors.Is(err, syscall.ECONNRESET) || isReset(err):
			return fmt.Errorf("%w: %w", ErrCut, err)
		case err != nil:
			return nil
		}
	}
}
