package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"sportello/protocol/ecr17"
)

// Dial opens a line to a terminal.
type Dial func(ctx context.Context) (io.ReadWriteCloser, error)

// secondReference is the contract text of the other cash register.
const secondReference = "CASSA2"

// SecondRegister is another cash register that asks this terminal for a payment of
// its own (ECR17 G04, Z11): an ECR of a few lines on a line of its own, which waits its
// turn like any other and replaces what G repeats. A nil dial reaches the terminal
// where it was served last, or beside its other lines where it was not served on TCP.
// It returns when the result has come, or with ErrSecondRegister.
func (t *Terminal) SecondRegister(ctx context.Context, dial Dial, cents int64) (ecr17.Result, error) {
	if cents < 1 || cents > maxCents {
		return ecr17.Result{}, badOption("second register: cents", cents)
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if dial == nil {
		dial = t.dialSelf(&beside)
	}
	c, err := dial(ctx)
	if err != nil {
		return ecr17.Result{}, fmt.Errorf("%w: %w", ErrSecondRegister, err)
	}
	second := register{t: t, line: c}
	r, err := second.pay(ctx, cents)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrSecondRegister, err)
	}
	return r, err
}

// dialSelf reaches the terminal from its own process.
func (t *Terminal) dialSelf(sessions *sync.WaitGroup) Dial {
	t.mu.Lock()
	address := t.address
	t.mu.Unlock()
	return func(ctx context.Context) (io.ReadWriteCloser, error) {
		if address != nil {
			return new(net.Dialer).DialContext(ctx, address.Network(), address.String())
		}
		ours, theirs := net.Pipe()
		sessions.Go(func() { t.session(ctx, theirs, func() {}) })
		return ours, nil
	}
}

// register is the other cash register and its line.
type register struct {
	t      *Terminal
	line   io.ReadWriteCloser
	frames ecr17.Deframer
}

// What can go wrong for it.
var (
	errTurnedAway = errors.New("refused by the terminal")
	errLineLost   = errors.New("line lost before the result")
)

// pay asks and waits for the result; the line is closed when it returns.
func (r *register) pay(ctx context.Context, cents int64) (ecr17.Result, error) {
	stop := context.AfterFunc(ctx, func() { _ = r.line.Close() }) // wakes the read up
	defer r.line.Close()                                          //nolint:errcheck // the end of it in any case
	defer stop()
	scope := r.t.opt.Scope
	frame, err := ecr17.AppendMessage(nil, ecr17.PaymentRequest{
		Code: 'X', TID: r.t.TerminalID(), CashRegister: "2", AmountCents: cents, Text: secondReference,
	}, scope)
	if err != nil {
		return ecr17.Result{}, err
	}
	if _, err := r.line.Write(frame); err != nil {
		return ecr17.Result{}, err
	}
	for acknowledged := false; ; {
		f, err := r.next()
		switch {
		case ctx.Err() != nil:
			return ecr17.Result{}, ctx.Err()
		case err != nil:
			return ecr17.Result{}, err
		case f.Kind == ecr17.FrameACK:
			acknowledged = true
		case f.Kind == ecr17.FrameNAK && !acknowledged:
			return ecr17.Result{}, errTurnedAway
		case f.Kind != ecr17.FrameApplication:
		case !f.Valid(scope):
			_, err = r.line.Write(ecr17.AppendNAK(nil, r.t.opt.Form))
		default:
			_, err = r.line.Write(ecr17.AppendACK(nil, r.t.opt.Form))
			if result, bad := ecr17.DecodeResult(f.Payload, ecr17.Lenient); bad == nil && acknowledged && result.Class.IsPayment() {
				return result, nil // it stands, whatever became of our ACK
			}
		}
		if err != nil {
			return ecr17.Result{}, err
		}
	}
}

// next reads one frame.
func (r *register) next() (ecr17.Frame, error) {
	buf := make([]byte, 1024)
	for {
		if f, ok := r.frames.Next(); ok {
			f.Payload = bytes.Clone(f.Payload)
			return f, nil
		}
		n, err := r.line.Read(buf)
		r.frames.Feed(buf[:n])
		if err != nil && n == 0 {
			return ecr17.Frame{}, errLineLost
		}
	}
}
