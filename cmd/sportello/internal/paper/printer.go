package paper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Timing of a printer; a zero field has its default.
type Timing struct {
	Open     time.Duration // to reach it; 3 s
	Answer   time.Duration // for it to say how it is, which not all can; 500 ms
	Write    time.Duration // without taking a byte; 10 s
	Whole    time.Duration // one paper; 60 s
	Patience time.Duration // a paper waits for a printer that cannot be reached; 60 s
	Pause    time.Duration // between two tries; 3 s
	Look     time.Duration // between two looks after a printer that is not ready; 60 s
}

func (t Timing) orDefaults() Timing {
	for _, one := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Open, 3 * time.Second}, {&t.Answer, 500 * time.Millisecond}, {&t.Write, 10 * time.Second}, {&t.Whole, time.Minute},
		{&t.Patience, time.Minute}, {&t.Pause, 3 * time.Second}, {&t.Look, time.Minute},
	} {
		if *one.field <= 0 {
			*one.field = one.value
		}
	}
	return t
}

// PrinterOptions are what a printer needs.
type PrinterOptions struct {
	// Name: tcp://HOST[:9100], on Linux /dev/usb/lp0, on Windows the printer's name or \\SERVER\SHARE.
	Name    string
	Copies  int // of each paper; 0: 1
	Changed func(Status)
	Timing  Timing
	Log     zerolog.Logger
}

// Light is how a printer is, in one word.
type Light string

// The lights of a printer.
const (
	LightUnknown  Light = "unknown" // nobody has asked it yet
	LightReady    Light = "ready"
	LightBusy     Light = "busy"
	LightNotReady Light = "not_ready"
)

// Status is how the printer is.
type Status struct {
	Light   Light
	Err     error // why it is not ready: one of the package's errors
	Waiting int   // papers, the one being printed included
}

// device is a printer that is open for one paper.
type device interface {
	// check asks how it is, where it can say.
	check(ctx context.Context) error
	// write sends everything, or returns ErrSlow or ErrCut. Canceled with ctx.
	write(ctx context.Context, data []byte) error
	close() error
}

// queueLength bounds the papers that wait.
const queueLength = 32

// Printer prints papers, one after the other, from a goroutine of its own. Its methods may be called from any
// goroutine, and none waits for the printer.
type Printer struct {
	o      PrinterOptions
	target target
	jobs   chan *Job
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	status Status
	closed bool
}

// Job is a paper on its way.
type Job struct {
	id     string // of the payment, for the log
	data   []byte
	queued time.Time
	done   chan struct{} // closed when err is there
	err    error
}

// Done is closed when the paper was printed, or is given up.
func (j *Job) Done() <-chan struct{} { return j.done }

// Err is why it was not printed; nil when it was. It may be read when Done is closed.
func (j *Job) Err() error { return j.err }

// OpenPrinter begins to work for a printer. It reaches for it in the background: that a printer is away is no
// reason not to start. ErrPrinterName: this system knows no such printer.
func OpenPrinter(o PrinterOptions) (*Printer, error) {
	t, err := parseTarget(o.Name)
	if err != nil {
		return nil, err
	}
	o.Timing, o.Copies = o.Timing.orDefaults(), max(o.Copies, 1)
	if o.Changed == nil {
		o.Changed = func(Status) {}
	}
	p := &Printer{o: o, target: t, jobs: make(chan *Job, queueLength), status: Status{Light: LightUnknown}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.wg.Go(p.run)
	return p, nil
}

// CheckName says whether this system knows such a printer: nil, or ErrPrinterName with why.
func CheckName(name string) error {
	_, err := parseTarget(name)
	return err
}

// Close gives up what waits and ends. What a printer has taken it prints.
func (p *Printer) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.wg.Wait()
	for {
		select {
		case j := <-p.jobs:
			p.end(j, ErrClosed)
		default:
			return
		}
	}
}

// Print queues a paper. id is the payment's, for the log, which never has what is printed.
func (p *Printer) Print(id string, data []byte) (*Job, error) {
	j := &Job{id: id, data: data, queued: time.Now(), done: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	select {
	case p.jobs <- j:
		p.status.Waiting++
		return j, nil
	default:
		return nil, ErrQueueFull
	}
}

// Status is how the printer is now.
func (p *Printer) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// show changes the light, and tells it.
func (p *Printer) show(light Light, err error) {
	p.mu.Lock()
	was := p.status
	p.status.Light, p.status.Err = light, err
	now := p.status
	p.mu.Unlock()
	if was.Light == now.Light && sameTrouble(was.Err, now.Err) {
		return
	}
	if err != nil {
		p.o.Log.Warn().Err(err).Msg("printer is not ready")
	}
	p.o.Changed(now)
}

func sameTrouble(a, b error) bool { return Trouble(a) == Trouble(b) }

func (p *Printer) end(j *Job, err error) {
	p.mu.Lock()
	p.status.Waiting--
	p.mu.Unlock()
	j.err = err
	close(j.done)
}

func (p *Printer) run() {
	p.look()
	tick := time.NewTicker(p.o.Timing.Look)
	defer tick.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case j := <-p.jobs:
			err := p.print(j)
			if err != nil {
				p.o.Log.Warn().Err(err).Str("payment", j.id).Msg("paper not printed")
			}
			p.end(j, err)
		case <-tick.C:
			if p.Status().Light == LightNotReady {
				p.look()
			}
		}
	}
}

// look asks the printer how it is, and prints nothing.
func (p *Printer) look() {
	p.shown(p.with(func(context.Context, device) error { return nil }))
}

// shown is the light of how an exchange ended.
func (p *Printer) shown(err error) {
	switch {
	case p.ctx.Err() != nil: // we stop
	case err == nil:
		p.show(LightReady, nil)
	default:
		p.show(LightNotReady, err)
	}
}

// print tries until the printer is reached or patience ends. What may have been printed in part is not repeated:
// whoever stands there sees it, and asks for another one.
func (p *Printer) print(j *Job) error {
	for {
		if p.Status().Light != LightNotReady { // that stays until it has printed
			p.show(LightBusy, nil)
		}
		err := p.with(func(ctx context.Context, d device) error {
			for range p.o.Copies {
				if err := d.write(ctx, j.data); err != nil {
					return err
				}
			}
			return nil
		})
		p.shown(err)
		if p.ctx.Err() != nil && err != nil {
			return ErrClosed
		}
		if err == nil || begun(err) || time.Since(j.queued)+p.o.Timing.Pause > p.o.Timing.Patience {
			return err
		}
		select {
		case <-time.After(p.o.Timing.Pause):
		case <-p.ctx.Done():
			return ErrClosed
		}
	}
}

// with opens the printer, asks how it is, and works on it.
func (p *Printer) with(work func(context.Context, device) error) error {
	ctx, cancel := context.WithTimeout(p.ctx, p.o.Timing.Whole)
	defer cancel()
	d, err := p.target.open(ctx, p.o.Timing)
	if err != nil {
		return err
	}
	err = d.check(ctx)
	if err == nil {
		err = work(ctx, d)
	}
	if closing := d.close(); err == nil {
		err = closing
	}
	return err
}

// troubles are stable words for what is wrong with a printer.
var troubles = []struct {
	err  error
	word string
}{
	{ErrUnreachable, "unreachable"}, {ErrForbidden, "forbidden"}, {ErrPaper, "paper"}, {ErrCover, "cover"}, {ErrFault, "fault"},
	{ErrSlow, "slow"}, {ErrCut, "cut"}, {ErrQueueFull, "queue_full"}, {ErrClosed, "closed"}, {ErrPrinterName, "name"},
}

// Trouble is a stable word for what went wrong: "" for nothing, "fault" for what has no word of its own.
func Trouble(err error) string {
	if err == nil {
		return ""
	}
	for _, one := range troubles {
		if errors.Is(err, one.err) {
			return one.word
		}
	}
	return "fault"
}

// IsPrinter says that err is about a printer, and not about what was to be printed.
func IsPrinter(err error) bool {
	for _, one := range troubles {
		if errors.Is(err, one.err) {
			return true
		}
	}
	return false
}

func unreachable(err error) error { return fmt.Errorf("%w: %w", ErrUnreachable, err) }
