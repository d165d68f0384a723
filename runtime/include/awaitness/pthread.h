/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pthread.h - pthread's locks, told: include it in place of <pthread.h>, or compile with
 * `-include awaitness/pthread.h`. Nothing else of a program changes.
 *
 * What a mutex or a read-write lock guards between the threads of several loops is no data
 * race then, and one that is held while its task is suspended is told. A lock is known by the
 * expression it is first locked with (`&pool->mutex`). With `-include`, C++'s std::mutex and its
 * like are told, too, known by where they are first locked. Only the calls that this header sees
 * are told: not those of libraries, spin locks, or barriers.
 *
 * While nobody listens a call costs two tests of memory more. While somebody does, each lock
 * takes some 300 bytes until it is destroyed, and locking asks first whether it would wait
 * (pthread_mutex_trylock). Results are those of pthread, and calls block as its calls do.
 */
#ifndef AWAITNESS_PTHREAD_H
#define AWAITNESS_PTHREAD_H

#include <pthread.h>
#include <time.h>

/* Strict ISO C has no read-write locks and clocks: <pthread.h> declares none then. */
#if defined _POSIX_C_SOURCE || defined _GNU_SOURCE
#define AW__POSIX
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* As pthread's, with the text of the lock's expression. */
int aw__mutex_lock(pthread_mutex_t *mutex, const char *text);
int aw__mutex_trylock(pthread_mutex_t *mutex, const char *text);
int aw__mutex_unlock(pthread_mutex_t *mutex, const char *text);
int aw__mutex_destroy(pthread_mutex_t *mutex);
int aw__cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, const char *text);
int aw__cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                       const struct timespec *deadline, const char *text);
#ifdef AW__POSIX
int aw__mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
                        const char *text);
int aw__cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                       const struct timespec *deadline, const char *text);
int aw__rwlock_rdlock(pthread_rwlock_t *lock, const char *text);
int aw__rwlock_wrlock(pthread_rwlock_t *lock, const char *text);
int aw__rwlock_tryrdlock(pthread_rwlock_t *lock, const char *text);
int aw__rwlock_trywrlock(pthread_rwlock_t *lock, const char *text);
int aw__rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *deadline,
                           const char *text);
int aw__rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *deadline,
                           const char *text);
int aw__rwlock_unlock(pthread_rwlock_t *lock, const char *text);
int aw__rwlock_destroy(pthread_rwlock_t *lock);
#endif

#ifdef __cplusplus
}
#endif

#define pthread_mutex_lock(mutex)           aw__mutex_lock(mutex, #mutex)
#define pthread_mutex_trylock(mutex)        aw__mutex_trylock(mutex, #mutex)
#define pthread_mutex_unlock(mutex)         aw__mutex_unlock(mutex, #mutex)
#define pthread_mutex_destroy(mutex)        aw__mutex_destroy(mutex)
#define pthread_cond_wait(condition, mutex) aw__cond_wait(condition, mutex, #mutex)
#define pthread_cond_timedwait(condition, mutex, deadline)                                         \
	aw__cond_timedwait(condition, mutex, deadline, #mutex)
#ifdef AW__POSIX
#define pthread_mutex_timedlock(mutex, deadline)                                                   \
	aw__mutex_clocklock(mutex, CLOCK_REALTIME, deadline, #mutex)
#define pthread_mutex_clocklock(mutex, clock, deadline)                                            \
	aw__mutex_clocklock(mutex, clock, deadline, #mutex)
#define pthread_cond_clockwait(condition, mutex, clock, deadline)                                  \
	aw__cond_clockwait(condition, mutex, clock, deadline, #mutex)
#define pthread_rwlock_rdlock(lock)    aw__rwlock_rdlock(lock, #lock)
#define pthread_rwlock_wrlock(lock)    aw__rwlock_wrlock(lock, #lock)
#define pthread_rwlock_tryrdlock(lock) aw__rwlock_tryrdlock(lock, #lock)
#define pthread_rwlock_trywrlock(lock) aw__rwlock_trywrlock(lock, #lock)
#define pthread_rwlock_timedrdlock(lock, deadline)                                                 \
	aw__rwlock_clockrdlock(lock, CLOCK_REALTIME, deadline, #lock)
#define pthread_rwlock_timedwrlock(lock, deadline)                                                 \
	aw__rwlock_clockwrlock(lock, CLOCK_REALTIME, deadline, #lock)
#define pthread_rwlock_clockrdlock(lock, clock, deadline)                                          \
	aw__rwlock_clockrdlock(lock, clock, deadline, #lock)
#define pthread_rwlock_clockwrlock(lock, clock, deadline)                                          \
	aw__rwlock_clockwrlock(lock, clock, deadline, #lock)
#define pthread_rwlock_unlock(lock)  aw__rwlock_unlock(lock, #lock)
#define pthread_rwlock_destroy(lock) aw__rwlock_destroy(lock)
#endif

#endif
