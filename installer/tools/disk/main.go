// Command disk is a virtual machine's disk with a volatile write cache, as real disks have one. What the machine writes
// stays in this process's memory until the machine flushes (NBD_CMD_FLUSH) or asks for that write alone to be
// durable (FUA); only then does it reach the image. When the connection breaks without a good-bye the power was cut:
// of what was not flushed nothing is left, or a part drawn by page, in any order, as a drive's own cache leaves
// it. It must never let an unflushed write survive for certain, nor lose one that was flushed.
//
//	disk -socket PATH -image FILE [-seed N]
//
// It speaks the part of NBD that QEMU asks for and serves one machine after another. Each cut is one line on standard output.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"slices"
)

// sector is what the machine may address, page what a drive of today writes whole or not at all.
const (
	sector = 512
	page   = 4096
)

// longest request that is taken; QEMU splits at 32 MiB.
const longest = 32 << 20

func main() {
	socket := flag.String("socket", "", "unix socket to listen on")
	image := flag.String("image", "", "what has reached the disk")
	seed := flag.Uint64("seed", 1, "of what survives a cut")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("disk: ")
	if err := run(*socket, *image, *seed); err != nil {
		log.Fatal(err)
	}
}

func run(socket, image string, seed uint64) error {
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer l.Close()
	d := &disk{image: f, size: info.Size(), cache: map[int64][]byte{}, draw: rand.New(rand.NewPCG(seed, 3))}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		polite, err := d.serve(conn)
		conn.Close()
		switch {
		case polite:
			err = d.flush()
		case d.served:
			err = d.cut(err)
		}
		if err != nil {
			return err
		}
	}
}

// disk is the image and what has not reached it.
type disk struct {
	image  *os.File
	size   int64
	cache  map[int64][]byte // by sector, the newest word
	draw   *rand.Rand
	served bool // the machine of this connection got as far as reading
	cuts   int
	lost   int
}

// cut is the end of the power: every second time a share of the cache reaches the disk, otherwise nothing.
func (d *disk) cut(why error) error {
	if !errors.Is(why, io.EOF) && !errors.Is(why, io.ErrUnexpectedEOF) && !isClosed(why) {
		return why
	}
	d.cuts++
	unflushed, kept := len(d.cache), 0
	if share := 0.25 + d.draw.Float64()/2; d.cuts%2 == 1 {
		last, keep := int64(-1), false
		for _, n := range sorted(d.cache) {
			if of := n / (page / sector); of != last {
				last, keep = of, d.draw.Float64() < share
			}
			if keep {
				kept++
				continue
			}
			delete(d.cache, n)
		}
		if err := d.flush(); err != nil {
			return err
		}
	}
	d.cache = map[int64][]byte{}
	d.lost += unflushed - kept
	fmt.Printf("cut %d: %d sectors were not flushed, %d of them lost; %d lost so far\n", d.cuts, unflushed, unflushed-kept, d.lost)
	return nil
}

// isClosed: a killed peer with unread replies resets the connection.
func isClosed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

func sorted(cache map[int64][]byte) []int64 {
	all := make([]int64, 0, len(cache))
	for n := range cache {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

func (d *disk) flush() error {
	for n, data := range d.cache {
		if _, err := d.image.WriteAt(data, n*sector); err != nil {
			return err
		}
	}
	clear(d.cache)
	return nil
}

func (d *disk) read(b []byte, at int64) error {
	if _, err := d.image.ReadAt(b, at); err != nil {
		return err
	}
	if len(d.cache) == 0 {
		return nil
	}
	for i := 0; i < len(b); i += sector {
		if data := d.cache[(at+int64(i))/sector]; data != nil {
			copy(b[i:], data)
		}
	}
	return nil
}

// write takes b over; now: this write alone is durable when it returns.
func (d *disk) write(b []byte, at int64, now bool) error {
	for i := 0; i < len(b); i += sector {
		n := (at + int64(i)) / sector
		if now {
			delete(d.cache, n)
			continue
		}
		d.cache[n] = b[i : i+sector : i+sector]
	}
	if !now {
		return nil
	}
	_, err := d.image.WriteAt(b, at)
	return err
}

// What NBD calls things (its protocol description, "fixed newstyle").
const (
	magicInit, magicOption, magicReply = 0x4e42444d41474943, 0x49484156454f5054, 0x3e889045565a9
	magicRequest, magicSimple          = 0x25609513, 0x67446698

	optExportName, optAbort, optInfo, optGo = 1, 2, 6, 7
	repAck, repInfo, repUnsupported         = 1, 3, 1<<31 | 1

	flagsHandshake = 1 | 2     // fixed newstyle, no zeroes
	flagsDisk      = 1 | 4 | 8 // flags, flush, FUA

	cmdRead, cmdWrite, cmdLeave, cmdFlush = 0, 1, 2, 3
	flagFUA                               = 1
	errInvalid                            = 22
)

// serve is one machine's use of the disk; polite: it took its leave.
func (d *disk) serve(conn net.Conn) (polite bool, err error) {
	d.served = false
	in := bufio.NewReaderSize(conn, 1<<20)
	if err := d.greet(in, conn); err != nil {
		return false, err
	}
	d.served = true
	for {
		var q struct {
			Magic       uint32
			Flags, Type uint16
			Handle      uint64
			Offset      uint64
			Length      uint32
		}
		if err := binary.Read(in, binary.BigEndian, &q); err != nil {
			return false, err
		}
		if q.Magic != magicRequest || q.Length > longest {
			return false, fmt.Errorf("request %+v is not one", q)
		}
		if q.Type == cmdLeave {
			return true, nil
		}
		var data []byte
		if q.Type == cmdRead || q.Type == cmdWrite {
			data = make([]byte, q.Length)
		}
		if q.Type == cmdWrite {
			if _, err := io.ReadFull(in, data); err != nil {
				return false, err
			}
		}
		code := uint32(0)
		switch inside := q.Offset%sector == 0 && q.Length%sector == 0 && q.Offset+uint64(q.Length) <= uint64(d.size); {
		case q.Type == cmdFlush:
			err = d.flush()
		case !inside:
			code = errInvalid
		case q.Type == cmdRead:
			err = d.read(data, int64(q.Offset))
		case q.Type == cmdWrite:
			err = d.write(data, int64(q.Offset), q.Flags&flagFUA != 0)
		default:
			code = errInvalid
		}
		if err != nil {
			return false, fmt.Errorf("image: %w", err)
		}
		reply := binary.BigEndian.AppendUint32(nil, magicSimple)
		reply = binary.BigEndian.AppendUint32(reply, code)
		reply = binary.BigEndian.AppendUint64(reply, q.Handle)
		if q.Type == cmdRead && code == 0 {
			reply = append(reply, data...)
		}
		if _, err := conn.Write(reply); err != nil {
			return false, err
		}
	}
}

// greet agrees on the one export there is.
func (d *disk) greet(in io.Reader, out io.Writer) error {
	hello := binary.BigEndian.AppendUint64(nil, magicInit)
	hello = binary.BigEndian.AppendUint64(hello, magicOption)
	hello = binary.BigEndian.AppendUint16(hello, flagsHandshake)
	if _, err := out.Write(hello); err != nil {
		return err
	}
	var flags uint32
	if err := binary.Read(in, binary.BigEndian, &flags); err != nil {
		return err
	}
	export := binary.BigEndian.AppendUint64(nil, uint64(d.size))
	export = binary.BigEndian.AppendUint16(export, flagsDisk)
	for {
		var o struct {
			Magic          uint64
			Option, Length uint32
		}
		if err := binary.Read(in, binary.BigEndian, &o); err != nil {
			return err
		}
		if o.Magic != magicOption || o.Length > 64<<10 {
			return fmt.Errorf("option %+v is not one", o)
		}
		if _, err := io.CopyN(io.Discard, in, int64(o.Length)); err != nil {
			return err
		}
		answer := func(kind uint32, data []byte) error {
			r := binary.BigEndian.AppendUint64(nil, magicReply)
			r = binary.BigEndian.AppendUint32(r, o.Option)
			r = binary.BigEndian.AppendUint32(r, kind)
			r = binary.BigEndian.AppendUint32(r, uint32(len(data)))
			_, err := out.Write(append(r, data...))
			return err
		}
		var err error
		switch o.Option {
		case optExportName:
			_, err = out.Write(export)
			return err
		case optInfo, optGo:
			if err = answer(repInfo, append([]byte{0, 0}, export...)); err == nil {
				err = answer(repAck, nil)
			}
			if o.Option == optGo {
				return err
			}
		case optAbort:
			return errors.Join(answer(repAck, nil), io.EOF)
		default:
			err = answer(repUnsupported, nil)
		}
		if err != nil {
			return err
		}
	}
}
