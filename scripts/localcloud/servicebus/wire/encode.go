package wire

import (
	"encoding/binary"
	"time"
)

func (o *Open) appendTo(b []byte) []byte {
	c := beginList(b, descOpen)
	c.set(AppendString(c.Bytes, o.ContainerID))
	c.text(o.Hostname)
	c.uint(o.MaxFrameSize)
	c.ushort(o.ChannelMax)
	if o.IdleTimeout > 0 {
		c.uint(uint32(o.IdleTimeout / time.Millisecond))
	}
	return c.endList()
}

func (p *Begin) appendTo(b []byte) []byte {
	c := beginList(b, descBegin)
	if p.RemoteChannel.Set {
		c.ushort(uint16(p.RemoteChannel.V))
	} else {
		c.null()
	}
	c.uint(p.NextOutgoingID)
	c.uint(p.IncomingWindow)
	c.uint(p.OutgoingWindow)
	c.uint(p.Limit)
	return c.endList()
}

func (a *Attach) appendTo(b []byte) []byte {
	c := beginList(b, descAttach)
	c.set(AppendString(c.Bytes, a.Name))
	c.uint(a.Handle)
	c.bool(a.Receiver)
	c.set(AppendUbyte(c.Bytes, a.SenderMode))
	c.set(AppendUbyte(c.Bytes, a.ReceiverMode))
	c.raw(a.Source)
	c.raw(a.Target)
	c.null() // unsettled
	c.null() // incomplete-unsettled
	c.opt(a.InitialDeliveryCount)
	if a.MaxMessageSize > 0 {
		c.set(AppendUlong(c.Bytes, a.MaxMessageSize))
	} else {
		c.null()
	}
	c.null() // offered-capabilities
	c.null() // desired-capabilities
	c.raw(a.Properties)
	return c.endList()
}

func (f *Flow) appendTo(b []byte) []byte {
	c := beginList(b, descFlow)
	c.opt(f.NextIncomingID)
	c.uint(f.IncomingWindow)
	c.uint(f.NextOutgoingID)
	c.uint(f.Window)
	c.opt(f.Handle)
	c.opt(f.DeliveryCount)
	c.opt(f.Credit)
	c.opt(f.Available)
	c.flag(f.Drain)
	c.flag(f.Echo)
	return c.endList()
}

func (t *Transfer) appendTo(b []byte) []byte {
	c := beginList(b, descTransfer)
	c.uint(t.Handle)
	c.opt(t.DeliveryID)
	if t.DeliveryTag != nil {
		c.set(AppendBinary(c.Bytes, t.DeliveryTag))
	} else {
		c.null()
	}
	c.opt(t.Format)
	c.flag(t.Settled)
	c.flag(t.More)
	c.null() // rcv-settle-mode
	c.null() // state
	c.null() // resume
	c.flag(t.Aborted)
	return append(c.endList(), t.Payload...)
}

func (d *Disposition) appendTo(b []byte) []byte {
	c := beginList(b, descDisposition)
	c.bool(d.Receiver)
	c.uint(d.First)
	c.opt(d.Last)
	c.flag(d.Settled)
	if d.State.Kind == NoState {
		c.null()
	} else {
		c.set(d.State.appendTo(c.Bytes))
	}
	return c.endList()
}

func (s State) appendTo(b []byte) []byte {
	switch s.Kind {
	case Rejected:
		c := beginList(b, descRejected)
		c.error(s.Err)
		return c.endList()
	case Released:
		return append(b, codeDescribed, codeSmallUlong, descReleased, codeList0)
	case Modified:
		c := beginList(b, descModified)
		c.flag(s.DeliveryFailed)
		c.flag(s.UndeliverableHere)
		if len(s.Annotations) > 0 {
			c.set(AppendMap(c.Bytes, s.Annotations, true))
		}
		return c.endList()
	}
	return append(b, codeDescribed, codeSmallUlong, descAccepted, codeList0)
}

func (c *Compound) error(e *Error) {
	if e == nil {
		c.null()
		return
	}
	l := beginList(c.Bytes, descError)
	l.set(AppendSymbol(l.Bytes, e.Condition))
	l.text(e.Description)
	if len(e.Info) > 0 {
		l.set(AppendMap(l.Bytes, e.Info, true))
	}
	c.set(l.endList())
}

func (d *Detach) appendTo(b []byte) []byte {
	c := beginList(b, descDetach)
	c.uint(d.Handle)
	c.flag(d.Closed)
	c.error(d.Err)
	return c.endList()
}

func (e *End) appendTo(b []byte) []byte {
	c := beginList(b, descEnd)
	c.error(e.Err)
	return c.endList()
}

func (p *Close) appendTo(b []byte) []byte {
	c := beginList(b, descClose)
	c.error(p.Err)
	return c.endList()
}

func (m *SASLMechanisms) appendTo(b []byte) []byte {
	c := beginList(b, descMechanisms)
	a := begin(append(c.Bytes, codeArray32))
	a.Count = uint32(len(m.Mechanisms))
	a.Bytes = append(a.Bytes, codeSym32)
	for _, s := range m.Mechanisms {
		a.Bytes = append(binary.BigEndian.AppendUint32(a.Bytes, uint32(len(s))), s...)
	}
	c.set(a.End())
	return c.endList()
}

func (i *SASLInit) appendTo(b []byte) []byte {
	c := beginList(b, descInit)
	c.set(AppendSymbol(c.Bytes, i.Mechanism))
	return c.endList()
}

func (o *SASLOutcome) appendTo(b []byte) []byte {
	c := beginList(b, descOutcome)
	c.set(AppendUbyte(c.Bytes, o.Code))
	return c.endList()
}
