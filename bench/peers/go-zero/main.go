// SPDX-License-Identifier: Apache-2.0

// Prints what go-zero's own tools cost: one "name<tab>nanoseconds of processor time" a line, by the
// names of bench/governance_bench.cc, which runs this program and prints both.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"syscall"
	"time"

	"github.com/zeromicro/go-zero/core/breaker"
	"github.com/zeromicro/go-zero/core/collection"
	"github.com/zeromicro/go-zero/core/limit"
	"github.com/zeromicro/go-zero/core/load"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/metric"
	"github.com/zeromicro/go-zero/core/prometheus"
	"github.com/zeromicro/go-zero/core/stores/redis"
	"github.com/zeromicro/go-zero/zrpc/internal/balancer/p2c"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

const (
	rounds    = 5
	roundTime = 50 * time.Millisecond
)

var errDown = errors.New("down")

type work struct {
	name string
	run  func(times int)
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// A connection that is ready at once, for the balancer alone.
type readyConn struct {
	balancer.SubConn
	listener func(balancer.SubConnState)
}

func (c *readyConn) Connect() {
	c.listener(balancer.SubConnState{ConnectivityState: connectivity.Ready})
}
func (c *readyConn) Shutdown() {}

type pickerOnly struct {
	balancer.ClientConn
	picker balancer.Picker
}

func (c *pickerOnly) NewSubConn(_ []resolver.Address, opts balancer.NewSubConnOptions) (balancer.SubConn, error) {
	return &readyConn{listener: opts.StateListener}, nil
}
func (c *pickerOnly) UpdateState(state balancer.State) { c.picker = state.Picker }

func pickerOf(instances int) balancer.Picker {
	conn := &pickerOnly{}
	built := balancer.Get(p2c.Name).Build(conn, balancer.BuildOptions{})
	var addresses []resolver.Address
	for i := 0; i < instances; i++ {
		addresses = append(addresses, resolver.Address{Addr: fmt.Sprintf("10.0.0.%d:9000", i+1)})
	}
	must(0, built.UpdateClientConnState(balancer.ClientConnState{
		ResolverState: resolver.State{Addresses: addresses},
	}))
	return conn.picker
}

func pick(instances int) func(times int) {
	picker := pickerOf(instances)
	info := balancer.PickInfo{FullMethodName: "/", Ctx: context.Background()}
	return func(times int) {
		for i := 0; i < times; i++ {
			must(picker.Pick(info)).Done(balancer.DoneInfo{})
		}
	}
}

func works() []work {
	closed := breaker.NewBreaker()
	open := breaker.NewBreaker()
	shedder := load.NewAdaptiveShedder(load.WithCpuThreshold(900))
	// Nothing listens there: the limiter grants from the bucket in the process.
	away := redis.New("127.0.0.1:1")
	limiter := limit.NewTokenLimiter(1e9, 1e9, away, "bench")
	limiter.Allow()
	cache := must(collection.NewCache(time.Hour, collection.WithLimit(100_000)))
	for i := 0; i < 1024; i++ {
		cache.Set(fmt.Sprintf("subject:%d", i), i)
	}
	prometheus.Enable()
	counter := metric.NewCounterVec(&metric.CounterVecOpts{Name: "bench_total", Help: "bench", Labels: []string{"method"}})
	histogram := metric.NewHistogramVec(&metric.HistogramVecOpts{Name: "bench_seconds", Help: "bench", Labels: []string{"method"}})
	return []work{
		{"breaker, closed", func(times int) {
			for i := 0; i < times; i++ {
				must(closed.Allow()).Accept()
			}
		}},
		{"breaker, open", func(times int) {
			for i := 0; i < times; i++ {
				if promise, err := open.Allow(); err == nil {
					promise.Reject(errDown.Error())
				}
			}
		}},
		{"shedder, free", func(times int) {
			for i := 0; i < times; i++ {
				must(shedder.Allow()).Pass()
			}
		}},
		{"token bucket, local", func(times int) {
			for i := 0; i < times; i++ {
				limiter.Allow()
			}
		}},
		{"P2C of 3", pick(3)},
		{"P2C of 20", pick(20)},
		{"local cache hit", func(times int) {
			for i := 0; i < times; i++ {
				if _, found := cache.Get("subject:77"); !found {
					panic("lost")
				}
			}
		}},
		{"counter", func(times int) {
			for i := 0; i < times; i++ {
				counter.Inc("trial.GetStudy")
			}
		}},
		{"histogram", func(times int) {
			for i := 0; i < times; i++ {
				histogram.ObserveFloat(0.0042, "trial.GetStudy")
			}
		}},
	}
}

// Of the whole process, its garbage collection included.
func processorTime() time.Duration {
	var usage syscall.Rusage
	must(0, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The median of several rounds.
func nanoseconds(run func(times int)) float64 {
	times := 1000
	var results []float64
	for len(results) < rounds {
		start := processorTime()
		run(times)
		used := processorTime() - start
		if used < roundTime {
			times *= 2
			continue
		}
		results = append(results, float64(used)/float64(times))
	}
	sort.Float64s(results)
	return results[rounds/2]
}

func main() {
	logx.Disable()
	for _, work := range works() {
		fmt.Printf("%s\t%.1f\n", work.name, nanoseconds(work.run))
	}
}
