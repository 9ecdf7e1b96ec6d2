// The workloads of the suite on goroutines: `peer WORKLOAD WORKERS SAMPLES` prints nanoseconds for
// each operation (microseconds of echo), or bytes for each goroutine, once for each sample.
// WORKERS is GOMAXPROCS.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	spawns = 100_000
	calls  = 1_000_000
	tasks  = 1_000_000
)

func leaf(n int, out chan<- int) { out <- n }

func skynet(num, size int, out chan<- int) {
	if size == 1 {
		out <- num
		return
	}
	part := size / 10
	answers := make(chan int, 10)
	for i := 0; i < 10; i++ {
		go skynet(num+i*part, part, answers)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-answers
	}
	out <- sum
}

func spawnJoin() {
	var group sync.WaitGroup
	group.Add(spawns)
	for i := 0; i < spawns; i++ {
		go group.Done()
	}
	group.Wait()
}

func spawnAwait() {
	answer := make(chan int, 1)
	for i := 0; i < spawns; i++ {
		go leaf(i, answer)
		<-answer
	}
}

func yieldMany() {
	var group sync.WaitGroup
	for i := 0; i < 200; i++ {
		group.Add(1)
		go func() {
			for j := 0; j < 1000; j++ {
				runtime.Gosched()
			}
			group.Done()
		}()
	}
	group.Wait()
}

func pingPong() {
	to, back := make(chan int, 1), make(chan int, 1)
	go func() {
		for value := range to {
			back <- value
		}
	}()
	for i := 0; i < spawns; i++ {
		to <- i
		<-back
	}
	close(to)
}

func channel(producers, consumers int) {
	messages := make(chan int, 128)
	var sent, got sync.WaitGroup
	for p := 0; p < producers; p++ {
		sent.Add(1)
		go func() {
			for i := 0; i < calls/producers; i++ {
				messages <- i
			}
			sent.Done()
		}()
	}
	for c := 0; c < consumers; c++ {
		got.Add(1)
		go func() {
			for range messages {
			}
			got.Done()
		}()
	}
	sent.Wait()
	close(messages)
	got.Wait()
}

func mutex() {
	var lock sync.Mutex
	var group sync.WaitGroup
	count := 0
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func() {
			for j := 0; j < 100; j++ {
				lock.Lock()
				count++
				lock.Unlock()
			}
			group.Done()
		}()
	}
	group.Wait()
}

func mutexAlone() {
	var lock sync.Mutex
	count := 0
	for i := 0; i < calls; i++ {
		lock.Lock()
		count++
		lock.Unlock()
	}
}

func sleepers() {
	var group sync.WaitGroup
	for i := 0; i < spawns; i++ {
		group.Add(1)
		go func() {
			time.Sleep(time.Duration(1+i%100) * time.Millisecond)
			group.Done()
		}()
	}
	group.Wait()
}

func residentBytes() float64 {
	text, _ := os.ReadFile("/proc/self/statm")
	var size, resident float64
	fmt.Sscan(string(text), &size, &resident)
	return resident * 4096
}

func memory(tasks int, wait func()) float64 {
	before := residentBytes()
	var begun sync.WaitGroup
	begun.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() { begun.Done(); wait() }()
	}
	begun.Wait()
	return (residentBytes() - before) / float64(tasks)
}

func timed(work func(), operations float64) float64 {
	begin := time.Now()
	work()
	return float64(time.Since(begin).Nanoseconds()) / operations
}

func sample(workload string) float64 {
	var value float64
	switch workload {
	case "spawn_join":
		value = timed(spawnJoin, spawns)
	case "spawn_await":
		value = timed(spawnAwait, spawns)
	case "yield_many":
		value = timed(yieldMany, 200_000)
	case "skynet":
		value = timed(func() { out := make(chan int, 1); skynet(0, 1_000_000, out); <-out }, 1_111_111)
	case "ping_pong":
		value = timed(pingPong, spawns)
	case "chan_1p1c":
		value = timed(func() { channel(1, 1) }, calls)
	case "chan_4p4c":
		value = timed(func() { channel(4, 4) }, calls)
	case "chan_64p64c":
		value = timed(func() { channel(64, 64) }, calls)
	case "mutex_alone":
		value = timed(mutexAlone, calls)
	case "mutex":
		value = timed(mutex, 100_000)
	case "sleepers":
		value = timed(sleepers, spawns) - 0.1e9/spawns
	case "mem_pending":
		never := make(chan int)
		value = memory(tasks, func() { <-never })
	case "mem_sleeping":
		value = memory(tasks, func() { time.Sleep(time.Hour) })
	case "mem_100k":
		value = memory(spawns, func() { time.Sleep(time.Hour) })
	case "chained_spawn":
		value = timed(func() { done := make(chan int); go link(spawns-1, done); <-done }, spawns)
	case "fib":
		value = timed(func() { fib(25) }, 242_785)
	case "nqueens":
		value = timed(func() { queens(0, 0, 0) }, 10_633)
	case "uts":
		value = timed(func() {
			if uts(2, 8) != utsNodes {
				panic("another tree")
			}
		}, utsNodes)
	case "select_losers":
		value = timed(selectLosers, spawns)
	case "timeout_storm":
		value = timed(timeoutStorm, spawns)
	case "cancel_tree":
		value = cancelTree()
	case "echo_1", "echo_64", "echo_5000", "echo_4k":
		traffic := traffics[workload]
		value = echo(traffic[0], traffic[1], traffic[2])
	case "echo_10000":
		traffic := traffics[workload]
		value = echoApart(os.Args[2], traffic[0], traffic[1], traffic[2])
	default:
		fmt.Fprintln(os.Stderr, "no such workload")
		os.Exit(2)
	}
	return value
}

func main() {
	workers, _ := strconv.Atoi(os.Args[2])
	samples, _ := strconv.Atoi(os.Args[3])
	runtime.GOMAXPROCS(workers)
	for i := 0; i < samples; i++ {
		switch os.Args[1] {
		case "wake_parked":
			wakeLatencies(0)
		case "wake_busy":
			wakeLatencies(workers)
		case "echo_answers":
			traffic := traffics["echo_10000"]
			echoAnswers(traffic[0], traffic[1], traffic[2])
		default:
			fmt.Println(sample(os.Args[1]))
		}
	}
}
