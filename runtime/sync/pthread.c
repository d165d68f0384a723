/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pthread.c - the functions behind awaitness/pthread.h: pthread's own, and what is told of
 * each (thread_lock.h). A name in parentheses is the function, not the header's macro.
 */
#include <awaitness/pthread.h>

#include <errno.h>

#include "log/log.h"
#include "thread_lock.h"

/* Fills in what is known of a call; the functions name their lock `lock`, its expression `text`. */
#define CALL(lock_type, lock_mode)                                                                 \
	{                                                                                          \
		.address = lock, .text = text, .site = CALLER, .type = AW_LOCK_TYPE_##lock_type,   \
		.mode = AW_MODE_##lock_mode                                                        \
	}

static bool told(void)
{
	return log_wants(AW_LOCK_TAKEN);
}

/* A robust mutex whose holder died is taken, too. */
static int ended(const struct thread_lock_call *call, int err)
{
	if (!err || err == EOWNERDEAD)
		thread_lock_taken(call);
	else
		thread_lock_gave_up(call);
	return err;
}

/*
 * Each function that locks is its row here: what it tries, and what it does when that would
 * have to wait. The try is what says that there is a wait.
 */
#define LOCKS(name, type, mode, has_deadline, parameters, try, block)                              \
	int name parameters                                                                        \
	{                                                                                          \
		struct thread_lock_call call = CALL(type, mode);                                   \
		int err;                                                                           \
                                                                                                   \
		if (!told())                                                                       \
			return block;                                                              \
		err = try;                                                                         \
		if (err == EBUSY) {                                                                \
			call.deadline = has_deadline;                                              \
			thread_lock_waits(&call);                                                  \
			err = block;                                                               \
		}                                                                                  \
		return ended(&call, err);                                                          \
	}

#define TRIES(name, type, mode, lock_t, try)                                                       \
	int name(lock_t *lock, const char *text)                                                   \
	{                                                                                          \
		struct thread_lock_call call = CALL(type, mode);                                   \
		int err = try;                                                                     \
                                                                                                   \
		return told() ? ended(&call, err) : err;                                           \
	}

#define FREES(name, type, lock_t, free)                                                            \
	int name(lock_t *lock, const char *text)                                                   \
	{                                                                                          \
		if (log_wants(AW_LOCK_FREED) || thread_locks_known()) {                            \
			struct thread_lock_call call = CALL(type, EXCLUSIVE);                      \
                                                                                                   \
			thread_lock_freed(&call);                                                  \
		}                                                                                  \
		return free;                                                                       \
	}

#define GOES(name, lock_t, destroy)                                                                \
	int name(lock_t *lock)                                                                     \
	{                                                                                          \
		if (thread_locks_known())                                                          \
			thread_lock_gone(lock, CALLER);                                            \
		return destroy;                                                                    \
	}

LOCKS(aw__mutex_lock, THREAD_LOCK, EXCLUSIVE, false, (pthread_mutex_t * lock, const char *text),
      (pthread_mutex_trylock)(lock), (pthread_mutex_lock)(lock))
LOCKS(aw__mutex_clocklock, THREAD_LOCK, EXCLUSIVE, true,
      (pthread_mutex_t * lock, clockid_t clock, const struct timespec *deadline, const char *text),
      (pthread_mutex_trylock)(lock), (pthread_mutex_clocklock)(lock, clock, deadline))
TRIES(aw__mutex_trylock, THREAD_LOCK, EXCLUSIVE, pthread_mutex_t, (pthread_mutex_trylock)(lock))
FREES(aw__mutex_unlock, THREAD_LOCK, pthread_mutex_t, (pthread_mutex_unlock)(lock))
GOES(aw__mutex_destroy, pthread_mutex_t, (pthread_mutex_destroy)(lock))

LOCKS(aw__rwlock_rdlock, THREAD_RWLOCK, SHARED, false, (pthread_rwlock_t * lock, const char *text),
      (pthread_rwlock_tryrdlock)(lock), (pthread_rwlock_rdlock)(lock))
LOCKS(aw__rwlock_wrlock, THREAD_RWLOCK, EXCLUSIVE, false,
      (pthread_rwlock_t * lock, const char *text), (pthread_rwlock_trywrlock)(lock),
      (pthread_rwlock_wrlock)(lock))
LOCKS(aw__rwlock_clockrdlock, THREAD_RWLOCK, SHARED, true,
      (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *deadline, const char *text),
      (pthread_rwlock_tryrdlock)(lock), (pthread_rwlock_clockrdlock)(lock, clock, deadline))
LOCKS(aw__rwlock_clockwrlock, THREAD_RWLOCK, EXCLUSIVE, true,
      (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *deadline, const char *text),
      (pthread_rwlock_trywrlock)(lock), (pthread_rwlock_clockwrlock)(lock, clock, deadline))
TRIES(aw__rwlock_tryrdlock, THREAD_RWLOCK, SHARED, pthread_rwlock_t,
      (pthread_rwlock_tryrdlock)(lock))
TRIES(aw__rwlock_trywrlock, THREAD_RWLOCK, EXCLUSIVE, pthread_rwlock_t,
      (pthread_rwlock_trywrlock)(lock))
FREES(aw__rwlock_unlock, THREAD_RWLOCK, pthread_rwlock_t, (pthread_rwlock_unlock)(lock))
GOES(aw__rwlock_destroy, pthread_rwlock_t, (pthread_rwlock_destroy)(lock))

/* A wait for a condition ends a section and begins another one, however it ends. */
#define CONDITION_WAITS(name, parameters, wait)                                                    \
	int name parameters                                                                        \
	{                                                                                          \
		struct thread_lock_call call = CALL(THREAD_LOCK, EXCLUSIVE);                       \
		int err;                                                                           \
                                                                                                   \
		if (log_wants(AW_LOCK_FREED) || thread_locks_known())                              \
			thread_lock_freed(&call);                                                  \
		err = wait;                                                                        \
		if (told() && err != EPERM)                                                        \
			thread_lock_taken(&call);                                                  \
		return err;                                                                        \
	}

CONDITION_WAITS(aw__cond_wait,
                (pthread_cond_t * condition, pthread_mutex_t *lock, const char *text),
                (pthread_cond_wait)(condition, lock))
CONDITION_WAITS(aw__cond_timedwait,
                (pthread_cond_t * condition, pthread_mutex_t *lock, const struct timespec *deadline,
                 const char *text),
                (pthread_cond_timedwait)(condition, lock, deadline))
CONDITION_WAITS(aw__cond_clockwait,
                (pthread_cond_t * condition, pthread_mutex_t *lock, clockid_t clock,
                 const struct timespec *deadline, const char *text),
                (pthread_cond_clockwait)(condition, lock, clock, deadline))
