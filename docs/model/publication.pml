/* One publication and everybody who may touch it: two workers, the database row, a network, and people.

   Promela, for Spin 6.5. What is modelled, what is not and how to run it stands in README.md beside this file.

   The network:  -DPROOF      absence can be proven, and revealing the same thing again shows no second copy
                 otherwise    absence proves nothing, and every reveal that arrives is another copy
   A broken design, each of which Spin must refute:
                 -DNO_INTENT -DNO_FENCE -DNO_CONDITION -DTRUST_ABSENCE -DRESEND_UNSEEN -DNO_LEVER
   A harsher world, which no design can survive:
                 -DHASTE      a person decides while a worker sleeps between its last check and its call
                 -DCOPIES     (with PROOF) absence can be proven, yet every reveal is another copy */

#define WORKERS 2
#define ABSENCES 2                  /* how many times absence must be proven */

mtype = { planned, staging, staged, revealing, uncertain, published, failed, stopped, missed, withdrawn };
mtype = { nothing, receipt, unknown, refused, unreached };

/* The row. `fence` names the worker with the newest claim, 0 once anybody else has moved the row: a number that
   only rises would make endlessly many states, and all that is ever asked of it is whether it is still mine. */
mtype state = planned;
byte fence, owner, absences;
byte revision = 1;                  /* which words the row is about */
byte newest = 1;                    /* which words were written last */

/* The world. */
bool held;                          /* a lever is pulled */
bool settled;                       /* enough time has passed since it became uncertain for reads to catch up */
byte copies, readable;              /* what the audience sees; what a read shows of it, perhaps later */
bool shown[3];                      /* by revision: is what was staged for it out? */
bool calling[WORKERS + 1];          /* between the last check and the record of what came of the call */

/* How much may go wrong in one run. */
#ifndef CRASHES
#define CRASHES 1
#define SLEEPS  1
#define FAULTS  2
#endif
byte crashes = CRASHES, sleeps = SLEEPS, faults = FAULTS, pulls = 1, edits = 1;

#define active_state  (state == staging || state == revealing)
#define mine(doing)   (state == doing && fence == me)
#define nobody_calls  (!calling[1] && !calling[2])
#ifdef HASTE
#define may_decide    true
#else
#define may_decide    (nobody_calls && readable == copies)
#endif
#ifdef NO_CONDITION
#define still(doing)  true
#else
#define still(doing)  mine(doing)
#endif

inline moved(to) { state = to; owner = 0; fence = 0 }       /* by a person, or by whoever sweeps: a new fence */
inline recorded(to) { state = to; owner = 0 }               /* by the worker whose claim it is */
inline doubt() { settled = false; absences = 0 }
inline dies() { crashes > 0 -> crashes--; calling[me] = false; goto idle }  /* and is started again, knowing nothing */

/* The last look before a step, in the claim's own transaction: the lever, and whether newer words were approved. */
inline claim(step) {
    if
    :: held -> moved(stopped); goto idle
    :: !held && revision != newest -> moved(withdrawn); goto idle
    :: else -> state = step; fence = me; owner = me
    fi
}

/* What stands before every call: the fence and the lever. After it comes a gap that nothing can close. */
inline gate(step) {
    if
#ifndef NO_FENCE
    :: !mine(step) -> goto idle
#endif
#ifndef NO_LEVER
    :: held && mine(step) -> recorded(stopped); goto idle
#endif
    :: else -> skip
    fi
}

/* A reveal arrives, or does not; and its answer arrives, or does not. */
inline call_out() {
    if
    :: arrive(); answer = (again -> unknown : receipt)
    :: again = false; arrive(); answer = receipt
    :: faults > 0 -> faults--; arrive(); answer = unknown
    :: faults > 0 -> faults--; answer = unknown
    :: faults > 0 -> faults--; answer = unreached
    :: faults > 0 && !shown[words] -> faults--; answer = refused
    fi
}

inline arrive() {
#if defined(PROOF) && !defined(COPIES)
    again = shown[words];           /* "this is published already", or the same thing made public once more */
    if :: shown[words] -> skip :: else -> copies++ fi;
#else
    again = false; copies++;
#endif
    shown[words] = true;
    assert(copies <= 1)             /* never more than one visible copy */
}

inline proof_of_its_being_out() {
    if
    :: still(revealing) -> recorded(published)
    :: else ->                      /* a late answer: we were taken for dead, yet it is out */
        if
        :: state == published || state == revealing -> skip
        :: else -> if :: revision == words -> moved(published) :: else -> moved(stopped) fi
        fi
    fi
}

inline record_reveal() {
    if
    :: answer == receipt -> proof_of_its_being_out()
    :: answer != receipt && still(revealing) ->
        if
        :: answer == unknown -> recorded(uncertain); doubt()
        :: answer == unreached -> recorded(planned)
        :: answer == refused -> recorded(failed)
        fi
    :: else -> skip                 /* overtaken: the setback is not ours to record */
    fi;
    assert(state != published || copies == 1)
}

inline record_look() {
    if
    :: !mine(uncertain) -> skip
    :: mine(uncertain) && seen -> recorded(published); assert(copies == 1)
    :: else ->
#if defined(PROOF) || defined(TRUST_ABSENCE)
        if :: settled -> absences++ :: else -> skip fi;
#endif
        owner = 0;
        if :: absences >= ABSENCES -> recorded(planned); absences = 0 :: else -> skip fi
    fi
}

inline sweep() {
    if
#ifndef NO_INTENT
    :: state == revealing -> moved(uncertain); doubt()
#endif
    :: else -> moved(planned)       /* before the intent nothing was seen */
    fi
}

proctype Worker(byte me) {
    mtype answer = nothing;
    byte words;
    bool again, seen;
idle:
    do
    :: d_step { state == published -> assert(copies == 1) } -> break

    :: atomic { state == planned -> claim(staging) };                       /* stage: nobody can see any of it */
        if :: dies() :: skip fi;
        atomic { gate(staging) };
        if
        :: atomic { still(staging) -> recorded(staged) }
        :: atomic { faults > 0 && still(staging) -> faults--; recorded(planned) }
        :: atomic { !still(staging) -> skip }
        :: dies()
        fi

    :: atomic { state == staged -> claim(revealing); words = revision };    /* the intent, on disk before the call */
        if :: dies() :: skip fi;
        atomic { gate(revealing);
#ifndef NO_FENCE
            assert(!held);          /* nothing is let go while it is held */
#else
            skip;
#endif
            calling[me] = true };
        if :: dies() :: skip fi;                                            /* the gap: here it may sleep, and send after all */
        atomic { call_out() };
        if :: dies() :: skip fi;
        atomic { record_reveal(); calling[me] = false; answer = nothing; again = false }

#ifdef RESEND_UNSEEN
    :: atomic { state == uncertain -> moved(planned) }
#else
    :: atomic { state == uncertain -> fence = me; owner = me };             /* look: is it out? */
        seen = readable > 0;
        if :: dies() :: skip fi;
        atomic { record_look(); seen = false }
#endif

    :: atomic { active_state && owner == me ->                              /* ours, from before we were started again */
        sweep() }
    :: atomic { active_state && owner != me && sleeps > 0 ->                /* its lease ran out while it slept, or is dead */
        sleeps--; sweep() }
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
    :: atomic { !held && (state == stopped || state == missed || state == failed) -> moved(planned) }

    :: atomic { edits > 0 -> edits--; newest++;                             /* an edit: what only waits goes off the plan */
        if
        :: state == planned || state == staged || state == stopped || state == missed || state == failed ->
            state = withdrawn
        :: else -> skip
        fi }
    :: atomic { state == withdrawn && may_decide -> revision = newest; moved(planned) }     /* approved anew */

    :: atomic { state == uncertain && copies > 0 -> moved(published) }      /* they look at the account, and say */
    :: atomic { state == uncertain && copies == 0 && may_decide -> moved(missed) }
    od
}

init { atomic { run Worker(1); run Worker(2) } }

/* Nothing is lost: whatever goes wrong, if it stops going wrong, the post is out in the end. */
ltl out_in_the_end { <> (state == published) }
