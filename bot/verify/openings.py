"""How summaries open: with a verb where something is done, with a noun where something is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.verify.words import subwords

if TYPE_CHECKING:
    from bot.verify.facts import Facts
    from bot.verify.subject import Subject

__all__ = ["class_as_function", "is_verb", "verbless"]

# Seen as the first word of functions' docstrings in the standard library, and others like them.
_VERBS = frozenset(
    """
    abort accept access accumulate acknowledge acquire activate adapt add adjust advance aggregate align
    allocate allow alter analyse analyze announce annotate answer append apply approximate archive arrange
    ascertain ask assemble assert assign associate assume attach attempt augment authenticate authorise
    authorize average await backup bail balance batch be begin benchmark bind bisect block boot bootstrap
    bound branch break bring broadcast browse build bump bundle cache calculate calibrate call cancel
    canonicalize capture carry cast catch categorize center change chain check choose chop chunk claim clamp
    classify clean cleanup clear click clip clone close cluster coerce collapse collate collect colorize
    combine come comment commit compact compare compile complete compose compress compute concatenate
    condense configure confirm connect consider construct consult consume contain continue contract control
    convert convolve cook copy correct correlate count cover crawl create crop cross customise customize cut
    cycle dump deactivate deal debug decide declare decode decompose decompress decorate decrease decrement
    decrypt deduce deduplicate default defer define deflate degrade delay delegate delete deliver demonstrate
    denormalize deny depart deploy deprecate dequeue derive describe deserialise deserialize destroy detach
    detect determine develop diagnose diff differentiate digest disable disallow disassemble discard
    disconnect discover dismiss dispatch display dispose distribute dive divide do document double download
    downgrade downsample drag drain draw drive drop duplicate echo edit elide emit emulate enable encapsulate
    encode encrypt end enforce enlarge enqueue enrich ensure enter enumerate erase escape establish estimate
    evaluate evict examine exchange exclude execute exercise exit expand expect expire explain explode export
    expose express extend extract factor fail fake fall feed fetch fill filter finalise finalize find finish
    fire fit fix flag flash flatten flip flush focus fold follow force forget fork format forward free freeze
    fuse gather generate get give go grab grant group grow guarantee guard guess guide halt handle harvest
    hash have help hide highlight hint hit hold hook identify ignore illustrate implement import impose
    improve include increase increment indent index indicate infer inflate inform inherit inhibit initialise
    initialize initiate inject insert inspect install instantiate instruct instrument integrate intercept
    interleave interpolate interpret intersect introduce invalidate invert investigate invoke isolate issue
    iterate join jump keep kick kill know label launch lay lazily leave lemmatize let lex lift limit link
    list listen load localize locate lock log look loop lower maintain make manage mangle manipulate map mark
    marshal mask match materialize maximize measure memoize memorize merge migrate minimize minify mirror mix
    mock modify monitor mount move multiply mutate name navigate negate negotiate nest normalise normalize
    note notify number obtain offer offset omit open operate optimise optimize order orient output overlay
    override overwrite pack package pad page paginate paint pair parallelize parse partition pass paste patch
    pause peek perform permit permute persist pick pickle ping pipe place plan plot point poll pop populate
    position post postpone postprocess precompute predict prepare prepend preprocess present preserve press
    prettify prevent print probe proceed process produce profile project promote prompt propagate protect
    prove provide provision proxy prune publish pull punch purge push put query queue quit quote raise
    randomize rank rasterize reach react read realign rearrange rebuild recalculate receive recode recognise
    recognize recommend reconnect reconstruct record recover recreate recurse redirect redo redraw reduce
    refer reflect reformat refresh refuse regenerate register regress reindex reinitialize reject relate
    relax release reload relocate remain remap remember remove rename render reopen reorder repair repeat
    replace replay replicate reply report represent reproduce request require resample rescale reserve reset
    reshape resize resolve respond restart restore restrict resume retain retrieve retry return reverse revert
    review revise revoke rewind rewrite roll rotate round route run safeguard sample sanitise sanitize satisfy
    save say scale scan schedule score scrape scroll scrub seal search see seed seek segment select send
    separate serialise serialize serve set settle setup shall share shift shorten should show shrink
    shuffle shut shutdown sift sign signal signify silence simplify simulate skip sleep slice slide smooth
    snap snapshot solve sort spawn specify spin splice split square squash squeeze stack standardize start
    stash step stitch stop store stream stretch strip stub style submit subscribe substitute subtract
    suggest sum summarise summarize supply support suppress suspend swap switch symbolize sync synchronise
    synchronize synthesize tab tag tail take talk tear tell terminate test throttle throw tick tidy tie time
    toggle tokenize touch trace track train transcode transcribe transfer transform translate transmit
    transpose traverse treat trigger trim truncate try tune turn tweak typecheck typeset unbind uncompress
    undo unescape unfold unify uninstall unite unlink unload unlock unmap unmount unpack unpickle unquote
    unregister unroll unset unsubscribe untar unwind unwrap unzip update upgrade upload uppercase upsert
        triangulate redact assure play use uudecode uuencode vacuum validate vary vectorize verify view
    visit visualise visualize
    wait wake walk warm warn warp wash watch weigh weight whiten widen wipe wire withdraw work wrap write
    xor yield zero zip zoom byte-compile pretty-print double-check header-encode deep-copy copy-paste
    """.split()  # noqa: SIM905 - a list of hundreds of strings reads worse
)
# Openings that are no verbs, and still say what is done or answered, or how a definition is to be used.
_OTHERS = frozenset(
    """
    abstract alias always asynchronous attempts backward backwards callback can cannot class closest
    constructor context convenience coroutine currently custom decorator default deprecated destructor does
    dummy either entry equivalent extended fast for from function future generator given helper hook how if
    in inplace instead internal is iterator just like low-level method must never no not obsolete only
    optional optionally overridable placeholder predicate private same shorthand shortcut similar simple
    special static subclass subclasses thin to true false unlike user-callable utility version what when
    where whether which why will wrapper called used overridden maybe by on
    as with using causes interact become factory callable recursive
    clean-up lookup don't new shallow this implementation implements
    """.split()  # noqa: SIM905
)
_FIRST = re.compile(r"^[\"'`(*\[]*([A-Za-z][A-Za-z'-]*)")
_USAGE = re.compile(
    r"^[\w-]+(?:[.(/<=]\S|\s*(?::?:?=|->|--))"
)  # "D.update(…) -> None", "word = …": forms, not prose
_AGAIN = (
    "re-",
    "re",
    "un-",
    "un",
    "de-",
    "pre-",
    "pre",
    "auto-",
    "auto",
    "over",
    "sub",
    "mis",
    "dis",
    "non-",
)
_FORMED = ("ize", "izes", "ise", "ises", "ify", "ifies")  # "Latticize", "stratifies"
_LONG = 4  # letters of a word that may be part of a name by itself: "a" and "the" are in many
_VALUES = re.compile(r"property|fixture|reify|lazy|attribute")  # decorators of what is read, not called

# Verbs of functions that no class does: a class is made, got and set, it does not make itself.
_CLEAR = frozenset(
    """
    add append calculate compute convert create delete determine extract fetch generate get initialise
    initialize insert obtain receive remove retrieve validate
    """.split()  # noqa: SIM905
)
# The same where an article follows: "Set the color", but "Set of colors" and "Parse tree".
_UNCLEAR = frozenset(
    """
    call check close find handle load open parse print read register return save send set start stop
    update write
    """.split()  # noqa: SIM905
)
_TOLD = frozenset({"checks", "gets", "initialises", "initializes", "returns", "sets"})
_ARTICLE = re.compile(r"^(?:an?|the|this|that|all|any|each|every|if|whether|its)$", re.IGNORECASE)


def is_verb(word: str) -> bool:
    """Whether a word is a known verb, as a command ("Visit") or told of someone ("visits")."""
    word = word.lower()
    forms = {word}
    if word.endswith("s"):
        forms |= {word[:-1], word.removesuffix("es")}
        forms |= {word[:-3] + "y"} if word.endswith("ies") else set()
    forms |= {word.rpartition("-")[2]} if "-" in word and not word.startswith("double") else set()
    more = {form[len(prefix) :] for form in forms for prefix in _AGAIN if form.startswith(prefix)}
    return not _VERBS.isdisjoint(forms | more) or word.endswith(_FORMED)


def verbless(subject: Subject) -> str:
    """Return the word that opens a function's summary where a verb belongs, "" if it is fine.

    Properties are told as what they are, other languages have conventions of their own, and names
    ("`x` is …") are left alone.
    """
    facts = subject.facts
    if facts is None or facts.kind != "function" or any(_VALUES.search(each) for each in facts.decorators):
        return ""
    found = _FIRST.match(subject.summary)
    if not found or subject.summary[0] in "`'\"*[" or _USAGE.match(subject.summary):
        return ""
    word = found.group(1)
    lower = word.lower()
    name = subject.symbol.name
    named = lower in subwords(name) or (len(lower) >= _LONG and lower in name.lower())
    if named or lower in _OTHERS or lower.endswith("ly") or is_verb(lower):
        return ""
    return word


def class_as_function(subject: Subject, facts: Facts) -> str:
    r"""\"Initialize …\", "Return …" over a class; a class that is named so ("CreateTable") may."""
    words = subject.summary.split()
    named = facts.kind == "class" and not facts.name[:1].islower()  # `itemgetter` is called like a function
    if not named or len(words) < 2:  # noqa: PLR2004 - a verb and what it is done to
        return ""
    verb, after = words[0].lower(), words[1]
    forms = {verb, verb.removesuffix("s")} if verb in _TOLD else {verb}
    known = forms & _CLEAR or (forms & _UNCLEAR and _ARTICLE.match(after))
    if not known or forms & set(subwords(facts.name)):
        return ""
    return f"describes a class as a function: {words[0]!r}"
