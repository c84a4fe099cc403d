package simulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ServePTY serves on a new pseudo terminal until ctx ends. The path of its device is
// written to pathFile, whole or not at all, when it is ready; the file is removed at
// the end. The device stays the same while clients come and go.
func (t *Terminal) ServePTY(ctx context.Context, pathFile string) error {
	p, err := openPTY()
	if err != nil {
		return fmt.Errorf("simulator: pseudo terminal: %w", err)
	}
	if err := writeWhole(pathFile, p.device+"\n"); err != nil {
		return errors.Join(fmt.Errorf("simulator: %w", err), p.Close())
	}
	defer os.Remove(pathFile) //nolint:errcheck // gone already is as good
	for ctx.Err() == nil {    // a reboot ends the session, not the device
		if err := t.enter(ctx); err != nil {
			break
		}
		if err := p.master.SetReadDeadline(time.Time{}); err != nil {
			t.leave()
			return errors.Join(fmt.Errorf("simulator: %w", err), p.Close())
		}
		t.session(ctx, &ptyLine{pty: p}, nil)
		t.leave()
		if p.broken() {
			return errors.Join(errors.New("simulator: pseudo terminal broke"), p.Close())
		}
	}
	return p.Close()
}

// pty is the terminal's side of a pseudo terminal. It keeps the other side open too,
// so that a client that leaves does not hang up the device.
type pty struct {
	master *os.File
	slave  int
	device string
	failed error // of the last read that was not a deadline
}

func openPTY() (*pty, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	master := os.NewFile(uintptr(fd), "/dev/ptmx") // owns fd from here on
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("unlock: %w", err), master.Close())
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("number: %w", err), master.Close())
	}
	p := &pty{master: master, device: "/dev/pts/" + strconv.Itoa(n)}
	if p.slave, err = unix.Open(p.device, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", p.device, err), master.Close())
	}
	if err := makeRaw(p.slave); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: raw mode: %w", p.device, err), p.Close())
	}
	return p, nil
}

// makeRaw: 8 bits, no echo, no translation, no signals.
func makeRaw(fd int) error {
	tio, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	tio.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	tio.Oflag &^= unix.OPOST
	tio.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	tio.Cflag = tio.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	tio.Cc[unix.VMIN], tio.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, tio)
}

func (p *pty) Close() error { return errors.Join(p.master.Close(), unix.Close(p.slave)) }

func (p *pty) broken() bool { return p.failed != nil }

// ptyLine is the pseudo terminal as one session sees it: closing it ends the session
// and leaves the device.
type ptyLine struct{ pty *pty }

func (l *ptyLine) Read(b []byte) (int, error) {
	n, err := l.pty.master.Read(b)
	if n > 0 {
		// A client that opened the device for itself alone and was killed would leave it
		// locked, because this side keeps it open.
		_ = unix.IoctlSetInt(l.pty.slave, unix.TIOCNXCL, 0)
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		l.pty.failed = err
	}
	return n, err
}

func (l *ptyLine) Write(b []byte) (int, error) { return l.pty.master.Write(b) }

func (l *ptyLine) SetWriteDeadline(at time.Time) error { return l.pty.master.SetWriteDeadline(at) }

// Close wakes the session's reader up; ServePTY sets the deadline back.
func (l *ptyLine) Close() error { return l.pty.master.SetReadDeadline(time.Unix(1, 0)) }

// writeWhole writes a file beside its place and moves it there.
func writeWhole(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pty-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error counts
	}
	return err
}
