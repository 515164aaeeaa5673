/* One publication and all who may touch it: two workers, the database row, a network, and people.
   Promela, for Spin 6.5. README.md beside this file says what is modelled, what is not, and how to run it.

   The network       -DPROOF   absence can be proven, and revealing the same thing again makes no second copy;
                               without it absence proves nothing, and every reveal that arrives is another copy
   Broken designs    -DNO_INTENT -DNO_FENCE -DNO_CONDITION -DNO_LEVER -DTRUST_ABSENCE -DRESEND_UNSEEN -DNOBODY_LOOKS
                     -DNO_DOUBT -DHALF_A_DOUBT
   Harsher worlds    -DHASTE   people say "not there" while a worker sleeps between its last check and its call
                     -DCOPYING (with PROOF) absence can be proven, yet every reveal makes another copy */

mtype = { planned, staging, staged, revealing, uncertain, published, failed, stopped, missed, withdrawn };
mtype = { nothing, receipt, unknown, refused, unreached };

/* The row. `fence` is the worker whose claim is the newest, 0 once somebody else has moved the row: a number that
   only rises would make endlessly many states, and all that is ever asked of it is whether it is still mine. */
mtype state = planned;
byte fence, owner, absences;
byte revision = 1, newest = 1;              /* the words that the row is about; the words written last */

/* The world. */
bool held;                                  /* a lever is pulled */
bool settled;                               /* reads have had time to catch up since the row became uncertain */
byte copies, readable;                      /* what the audience sees; what a read shows of it, perhaps later */
bool shown[3];                              /* by revision: is it out? */
bool calling[3];                            /* by worker: between the last check and the record of what came of it */
bool doubt_of_it;                           /* an attempt is on its way that never had a clear answer: `sent_at` in the row */

#ifndef CRASHES                             /* how much may go wrong in one run */
#define CRASHES 2
#define SLEEPS  2
#define FAULTS  2
#endif
byte crashes = CRASHES, sleeps = SLEEPS, faults = FAULTS, pulls = 1, edits = 1;

#define nobody_calls  (!calling[1] && !calling[2])
#ifdef HASTE
#define may_decide    true
#else
#define may_decide    (nobody_calls && readable == copies)
#endif

/* Before somebody lets go what was once on its way and never had an answer, they look. */
#define may_release   (!doubt_of_it || (may_decide && copies == 0))

#define still(doing)  (state == doing && fence == me)
#ifdef NO_CONDITION
#define may_record(doing) true
#else
#define may_record(doing) still(doing)
#endif

inline moved(to) { state = to; owner = 0; fence = 0 }   /* by people, or by whoever sweeps: nobody's claim holds any more */
inline recorded(to) { state = to; owner = 0 }           /* by the worker whose claim it is */
inline doubt() { recorded(uncertain); settled = false; absences = 0 }
inline clear() { doubt_of_it = before }     /* a clear answer takes back its own sending, and no earlier one */
inline dies() { atomic { crashes > 0 -> crashes--; calling[me] = false }; goto idle }   /* and starts again, knowing nothing */

/* The last look before a step, in the claim's own transaction. */
inline claim(step) {
    if
    :: held -> moved(stopped); goto idle
    :: !held && revision != newest -> moved(withdrawn); goto idle
    :: else -> state = step; fence = me; owner = me
    fi
}

/* What stands before every call: the fence, and the lever. Behind it is a gap that nothing can close. */
inline gate(step) {
    if
#ifndef NO_FENCE
    :: !still(step) -> goto idle
#endif
#ifndef NO_LEVER
    :: still(step) && held -> recorded(stopped); goto idle
#endif
    :: else -> skip
    fi
}

/* It becomes visible, unless it is already and the network knows that. */
inline arrive() {
#if defined(PROOF) && !defined(COPYING)
    again = shown[words];
#endif
    copies = (again -> copies : copies + 1);
    shown[words] = true;
    assert(copies <= 1)                     /* never more than one visible copy */
}

inline call_out() {
    if
    :: arrive(); if :: answer = receipt :: again -> answer = unknown fi      /* "this is published already" */
    :: faults > 0 -> faults--; arrive(); answer = unknown       /* it is out, and the answer is lost */
    :: faults > 0 -> faults--; answer = unknown                 /* it never came there, and nobody can tell */
    :: faults > 0 -> faults--; answer = unreached
    :: faults > 0 && !shown[words] -> faults--; answer = refused
    fi
}

inline record_receipt() {
    if
    :: may_record(revealing) -> recorded(published); assert(copies == 1)
    :: else ->                              /* a late answer: it was taken for dead, and here is the proof that it is out */
        if
        :: state == published -> skip
        :: state != published && revision == words -> moved(published)      /* whoever is about to send finds its fence stale */
        :: else -> moved(stopped)
        fi
    fi
}

inline record_reveal() {
    if
    :: answer == receipt -> record_receipt()
    :: answer != receipt && may_record(revealing) ->
        if
        :: answer == unknown -> doubt()
        :: answer == unreached -> recorded(planned); clear()
        :: answer == refused -> recorded(failed); clear()
        fi
    :: answer == unknown && !may_record(revealing) ->       /* a late doubt: what others proved, they proved too early */
        if
        :: state == published -> skip
        :: state != published && revision == words -> fence = 0; doubt()
        :: else -> moved(stopped)
        fi
    :: else -> skip                         /* overtaken: its setback is not its own to record */
    fi
}

inline record_look() {
    if
    :: !still(uncertain) -> skip
    :: still(uncertain) && seen -> recorded(published); assert(copies == 1)
    :: else ->
        owner = 0;
#if defined(PROOF) || defined(TRUST_ABSENCE)
        if :: settled -> absences++ :: else -> skip fi;
#endif
        if :: absences == 2 -> absences = 0; recorded(planned) :: else -> skip fi
    fi
}

/* Free what a dead worker left behind: before the intent nothing was seen, after it one must look. */
inline sweep() {
    if
#ifndef NO_INTENT
    :: state == revealing -> fence = 0; doubt()
#endif
    :: state == uncertain -> owner = 0      /* it was looking; somebody else may */
    :: else -> moved(planned)
    fi
}

proctype Worker(byte me) {
    mtype answer; byte words; bool again, seen, before;
idle:
    atomic { answer = nothing; words = 0; again = false; seen = false; before = false };
    do
    :: atomic { state == published -> assert(copies == 1) } -> break

    :: atomic { state == planned -> claim(staging) };                           /* stage: nobody can see any of it */
        if :: dies() :: skip fi;
        atomic { gate(staging) };
        if
        :: atomic { may_record(staging) -> recorded(staged) }
        :: atomic { may_record(staging) && faults > 0 -> faults--; recorded(planned) }
        :: atomic { !may_record(staging) -> skip }
        :: dies()
        fi

    :: atomic { state == staged -> claim(revealing); words = revision;          /* the intent, on disk before the call */
#ifndef HALF_A_DOUBT
        before = doubt_of_it;
#endif
        doubt_of_it = true };
        if :: dies() :: skip fi;
        atomic { gate(revealing); assert(!held || !still(revealing)); calling[me] = true };     /* nothing is sent while held */
        if :: dies() :: skip fi;                                                /* the gap: it may sleep here, and send yet */
        atomic { call_out() };
        if :: dies() :: skip fi;
        atomic { record_reveal(); calling[me] = false; answer = nothing; words = 0; again = false; before = false }

#ifdef RESEND_UNSEEN
    :: atomic { state == uncertain -> moved(planned) }
#else
    :: atomic { state == uncertain && (owner == 0 || owner == me) -> fence = me; owner = me };  /* look: is it out? */
        seen = readable > 0;
        if :: dies() :: skip fi;
        atomic { record_look(); seen = false }
#endif

    :: atomic { owner == me -> sweep() }                                        /* its own, from before it started again */
    :: atomic { owner != 0 && owner != me && sleeps > 0 -> sleeps--; sweep() }  /* another's, whose lease ran out */
    od
}

/* Reads catch up with writes in the end; and only then has enough time passed. */
active proctype Network() {
end:do
    :: atomic { readable != copies -> readable = copies }
    :: atomic { readable == copies && state == uncertain && !settled -> settled = true }
    od
}

active proctype People() {
end:do
    :: atomic { pulls > 0 && !held -> pulls--; held = true }
    :: held -> held = false
    :: atomic { !held && (state == stopped || state == missed || state == failed) && may_release -> moved(planned) }

    :: atomic { edits > 0 -> edits--; newest++;                                 /* an edit: what only waits goes off the plan */
        if
        :: state == planned || state == staged || state == stopped || state == missed || state == failed -> state = withdrawn
        :: else -> skip
        fi }
    :: atomic { state == withdrawn -> revision = newest;                        /* approved anew, whoever sleeps meanwhile */
        if
#ifndef NO_DOUBT
        :: doubt_of_it -> moved(stopped)                                        /* it may yet appear: a person looks first */
#endif
        :: else -> moved(planned)
        fi }
    :: atomic { (state == stopped || state == missed || state == failed) && nobody_calls && copies > 0 ->   /* deleted by hand */
        copies = 0; shown[1] = false; shown[2] = false }
#ifndef NOBODY_LOOKS
    :: atomic { state == uncertain && copies > 0 -> moved(published) }          /* they look at the account, and say */
    :: atomic { state == uncertain && copies == 0 && may_decide -> moved(missed) }
#endif
    od
}

init { atomic { run Worker(1); run Worker(2) } }

/* Nothing is lost: whatever goes wrong, once it stops going wrong the post goes out. */
ltl out_in_the_end { <> (state == published) }
