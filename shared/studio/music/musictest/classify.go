package musictest

import "math"

// Centroids are the mean vectors of some labels, in units of each measure's spread.
type Centroids struct {
	mean, spread []float64
	centre       map[string][]float64
}

// Learn makes the centroids of labelled vectors.
func Learn(labels []string, vectors [][]float64) Centroids {
	width := len(vectors[0])
	c := Centroids{mean: make([]float64, width), spread: make([]float64, width), centre: map[string][]float64{}}
	for _, v := range vectors {
		for k, x := range v {
			c.mean[k] += x / float64(len(vectors))
		}
	}
	for _, v := range vectors {
		for k, x := range v {
			c.spread[k] += (x - c.mean[k]) * (x - c.mean[k]) / float64(len(vectors))
		}
	}
	for k := range c.spread {
		c.spread[k] = math.Sqrt(c.spread[k]) + 1e-9
	}
	count := map[string]float64{}
	for i, v := range vectors {
		sum := c.centre[labels[i]]
		if sum == nil {
			sum = make([]float64, width)
			c.centre[labels[i]] = sum
		}
		for k, x := range c.scaled(v) {
			sum[k] += x
		}
		count[labels[i]]++
	}
	for label, sum := range c.centre {
		for k := range sum {
			sum[k] /= count[label]
		}
	}
	return c
}

func (c Centroids) scaled(v []float64) []float64 {
	out := make([]float64, len(v))
	for k, x := range v {
		out[k] = (x - c.mean[k]) / c.spread[k]
	}
	return out
}

// Nearest returns the label of the centroid that is closest to the vector.
func (c Centroids) Nearest(v []float64) string {
	label, best := "", math.Inf(1)
	for l, centre := range c.centre {
		if d := distance(centre, c.scaled(v)); d < best || d == best && l < label {
			label, best = l, d
		}
	}
	return label
}

// Distance is how far two labels' centroids are apart, in spreads of a measure.
func (c Centroids) Distance(a, b string) float64 { return distance(c.centre[a], c.centre[b]) }

func distance(a, b []float64) float64 {
	sum := 0.0
	for k := range a {
		sum += (a[k] - b[k]) * (a[k] - b[k])
	}
	return math.Sqrt(sum)
}
