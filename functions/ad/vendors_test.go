package ad_test

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"castad/functions/lyric"
	"castad/functions/sns"
	"castad/functions/song"
	"castad/functions/video"
	"castad/shared/fault"
	"castad/shared/message"
)

// weather is what becomes of one call to a vendor.
type weather int

const (
	fine    weather = iota
	busy            // refused for now
	refused         // refused for good; asked about, it has come to nothing
	lost            // taken, and the answer is lost; asked about, it is not known yet
	missed          // not taken, and that answer is lost as well
)

// vendors are the outside of a bench, with books of their own.
type vendors struct {
	// weather decides about calls; nil = all are fine. post decides about publications besides.
	weather func(kind message.Kind) weather
	post    func(message.SnsPublish) error
	// jobs are what was taken, by the call's tag; posts counts what each channel was sent.
	jobs  map[string]*job
	posts map[string]int
}

// job is an order that a vendor has taken.
type job struct {
	kind   message.Kind
	call   message.Call
	input  string // what it was made of
	made   bool   // it was given out
	spoilt bool   // it came to nothing, and the vendor said so
}

func newVendors() *vendors {
	return &vendors{weather: func(message.Kind) weather { return fine }, post: func(message.SnsPublish) error { return nil }, jobs: map[string]*job{}, posts: map[string]int{}}
}

// take is a submission.
func (v *vendors) take(kind message.Kind, in any, c message.Call) (string, error) {
	how := v.weather(kind)
	switch how {
	case busy:
		return "", fault.New(fault.CodeVendorDown)
	case refused:
		return "", fault.New(fault.CodeVendorRefused)
	case missed:
		return "", fault.New(fault.CodeVendorUnknown)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	v.jobs[c.Tag] = &job{kind: kind, call: c, input: string(text)}
	if how == lost {
		return "", fault.New(fault.CodeVendorUnknown)
	}
	return c.Tag, nil
}

// give is a question about a job; nil = here it is.
func (v *vendors) give(kind message.Kind, c message.Call) error {
	j, how := v.jobs[c.Tag], v.weather(kind)
	switch {
	case j == nil || c.Unsure && how != fine:
		return message.NotYet{}
	case c.Unsure:
		return message.NotYet{ExternalID: c.Tag} // its callback has come
	case how == refused:
		j.spoilt = true
		return fault.New(fault.CodeVendorFailed)
	case how != fine:
		return message.NotYet{}
	}
	j.made = true
	return nil
}

// deliver lets the functions have at most n of the wake-ups that are there, and says how many it were.
func (b *bench) deliver(v *vendors, n int) int {
	b.t.Helper()
	if _, err := b.outbox.Relay(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	n = min(n, len(b.queue))
	queue := b.queue[:n]
	b.queue = append([]woken{}, b.queue[n:]...)
	b.mu.Unlock()
	if n > 0 {
		b.pass(time.Minute) // every scheduled wake-up is due
	}
	for _, w := range queue {
		if err := b.wake(v, w); err != nil {
			b.t.Fatalf("%s: %v", w.queue, err)
		}
	}
	return n
}

// wake is the function behind a queue.
func (b *bench) wake(v *vendors, w woken) error {
	ctx, primary := b.t.Context(), b.db.Primary()
	songs, videos, posts := song.New(primary, b.engine), video.New(primary, b.engine), sns.New(primary, b.engine, nobody{}, b.now)
	switch w.queue {
	case message.QueuePlaceCollect:
		return b.places.Collect(ctx, w.Wake, nil)
	case message.QueueLyricWrite:
		return lyric.New(primary, b.engine).Write(ctx, w.Wake, func(_ context.Context, in message.LyricWrite, c message.Call) (message.LyricWritten, error) {
			if in.Given != nil {
				return message.LyricWritten{Text: *in.Given}, nil
			}
			_, err := v.take(message.Lyric, in, c)
			if err == nil {
				v.jobs[c.Tag].made = true
			}
			return message.LyricWritten{Text: words}, err
		})
	case message.QueueSongGenerate:
		return songs.Submit(ctx, w.Wake, func(_ context.Context, in message.SongGenerate, c message.Call) (string, error) {
			return v.take(message.Song, in, c)
		})
	case message.QueueSongCollect:
		return songs.Collect(ctx, w.Wake, func(_ context.Context, _ message.SongGenerate, c message.Call) (message.SongMade, []message.Artifact, error) {
			return message.SongMade{Takes: takes, Chosen: 1}, []message.Artifact{file("take-1"), file("take-2")}, v.give(message.Song, c)
		})
	case message.QueueVideoRender:
		return videos.Submit(ctx, w.Wake, func(_ context.Context, in message.VideoRender, c message.Call) (string, error) {
			return v.take(message.Video, in, c)
		})
	case message.QueueVideoCollect:
		return videos.Collect(ctx, w.Wake, func(_ context.Context, in message.VideoRender, c message.Call) (message.VideoMade, []message.Artifact, error) {
			return message.VideoMade{Blob: "film", Thumbnail: "thumbnail", Bytes: 3, SHA256: "ab", Seconds: in.Take.Seconds, Width: 1080, Height: 1920},
				[]message.Artifact{file("film"), file("thumbnail")}, v.give(message.Video, c)
		})
	case message.QueueSnsPublish:
		return posts.Submit(ctx, w.Wake, func(_ context.Context, in message.SnsPublish, c message.Call, _ *sns.Notes) (message.SnsPosted, error) {
			_, err := v.take(message.Publish, in, c)
			if err == nil {
				err = v.post(in)
			}
			v.posts[in.Channel]++
			return message.SnsPosted{ExternalID: in.Channel + "-" + strconv.Itoa(v.posts[in.Channel])}, err
		})
	}
	return posts.Verify(ctx, w.Wake, func(_ context.Context, in message.SnsPublish, c message.Call, _ []byte) (message.SnsPosted, error) {
		return message.SnsPosted{ExternalID: c.ExternalID, URL: "https://" + in.Channel}, v.give(message.Publish, c)
	})
}
