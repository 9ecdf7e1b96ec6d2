// Work that divides itself, and trees that are cancelled.
package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	allQueens = 1<<9 - 1
	treeTasks = 1_111_111
	utsNodes  = 110_477
	wakes     = 1000
)

// The first half is a goroutine, the second is called.
func fib(n int) int {
	if n < 2 {
		return n
	}
	other := make(chan int, 1)
	go func() { other <- fib(n - 1) }()
	own := fib(n - 2)
	return own + <-other
}

// A board is the bits of its columns and diagonals.
func queens(columns, left, right int) int {
	if columns == allQueens {
		return 1
	}
	free, count := allQueens & ^(columns|left|right), 0
	answers := make(chan int, 9)
	for ; free != 0; free &= free - 1 {
		place := free & -free
		count++
		go func() {
			answers <- queens(columns|place, ((left|place)<<1)&allQueens, (right|place)>>1)
		}()
	}
	sum := 0
	for i := 0; i < count; i++ {
		sum += <-answers
	}
	return sum
}

func mixed(x uint64) uint64 {
	x = (x + x>>30) * 0xBF58476D1CE4E5B9
	x = (x + x>>27) * 0x94D049BB133111EB
	return x + x>>31
}

// The nodes of an unbalanced tree, a goroutine for each; see c/trees.c.
func uts(node uint64, depth int) int {
	draw, count := mixed(node)>>33, 0
	for limit := uint64(1717986918); depth > 0 && draw < limit; limit = limit * 4 / 5 {
		count++
	}
	answers := make(chan int, count)
	for i := 0; i < count; i++ {
		node += 0x9E3779B97F4A7C15
		child := mixed(node)
		go func() { answers <- uts(child, depth-1) }()
	}
	sum := 1
	for i := 0; i < count; i++ {
		sum += <-answers
	}
	return sum
}

// Each goroutine starts the next.
func link(left int, done chan<- int) {
	if left == 0 {
		done <- 1
		return
	}
	go link(left-1, done)
}

var waiting atomic.Int64

func branch(ctx context.Context, depth int, up *sync.WaitGroup) {
	defer up.Done()
	waiting.Add(1)
	if depth == 0 {
		<-ctx.Done()
		return
	}
	var children sync.WaitGroup
	children.Add(10)
	for i := 0; i < 10; i++ {
		go branch(ctx, depth-1, &children)
	}
	children.Wait()
}

// Nanoseconds for each goroutine of a tree, from the cancelling of its context to the last end.
func cancelTree() float64 {
	ctx, cancel := context.WithCancel(context.Background())
	var root sync.WaitGroup
	root.Add(1)
	waiting.Store(0)
	go branch(ctx, 6, &root)
	for waiting.Load() < treeTasks {
		runtime.Gosched()
	}
	begin := time.Now()
	cancel()
	root.Wait()
	return float64(time.Since(begin).Nanoseconds()) / treeTasks
}

func selectLosers() {
	never := make(chan int)
	for i := 0; i < spawns; i++ {
		answer := make(chan int, 1)
		go leaf(i, answer)
		select {
		case <-answer:
		case <-never:
		}
	}
}

func timeoutStorm() {
	for i := 0; i < spawns; i++ {
		answer := make(chan int, 1)
		go leaf(i, answer)
		limit := time.NewTimer(time.Hour)
		select {
		case <-answer:
		case <-limit.C:
		}
		limit.Stop()
	}
}

// Prints how long a goroutine takes to run after a send from a thread of its own.
func wakeLatencies(busy int) {
	var over atomic.Bool
	for i := 0; i < busy; i++ {
		go func() {
			for !over.Load() {
				runtime.Gosched()
			}
		}()
	}
	ready, woken := make(chan bool, 1), make(chan time.Time, 1)
	go func() {
		runtime.LockOSThread()
		for range ready {
			time.Sleep(100 * time.Microsecond)
			woken <- time.Now()
		}
	}()
	latencies := make([]time.Duration, 0, wakes)
	for i := 0; i < wakes; i++ {
		ready <- true
		begin := <-woken
		latencies = append(latencies, time.Since(begin))
	}
	close(ready)
	over.Store(true)
	for _, latency := range latencies {
		fmt.Println(latency.Nanoseconds())
	}
}
