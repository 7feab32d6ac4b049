"""The questions that are put to whoever watches people at work, each answered by a place in the pack or NOT ANSWERED.

They are worded after published checklists: the ICO's for impact assessments and for monitoring workers, the CNIL's
for locating vehicles and staff, model works agreements, the TUC's for technology at work, and the UK's record of
algorithmic tools. No answer is prose of ours: it is a link to figures, to words of the policy, or to a field that
people fill in.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_ANSWERED = "NOT ANSWERED"
ICO, CNIL = "ICO, impact assessments and monitoring of workers", "CNIL, locating vehicles and staff"
WORKS, TUC, ATRS = "works agreements (models)", "TUC, technology at work", "UK, transparency of algorithmic tools"


@dataclass(frozen=True)
class PackQuestion:
    """One question, by the step of an impact assessment in which it is asked, and where the pack answers it.

    ``answered_at`` are the parts of the pack that answer it, by their anchors: all of them must be there, else it is
    not answered. A field for people that is blank answers nothing.
    """

    step: int
    asks: str
    after: str
    answered_at: tuple[str, ...]


@dataclass(frozen=True)
class BlankField:
    """A field that only people can fill in; the pack leaves it blank."""

    step: int
    anchor: str
    title: str


BLANK = (
    BlankField(1, "why-now", "What problem is this to solve, and what shows that it is there?"),
    BlankField(3, "views", "Views of the representatives and of the workforce"),
    BlankField(4, "lawful-basis", "Lawful basis, and the condition for special categories"),
    BlankField(4, "which-law", "UK GDPR, or Part 3 of the Data Protection Act 2018?"),
    BlankField(4, "necessity", "Why it is necessary, and in proportion"),
    BlankField(4, "less-intrusive", "Less intrusive ways that were tried or weighed, and why they do not do"),
    BlankField(4, "controller", "Who the controller is, and how the data protection officer is reached"),
    BlankField(6, "oversight", "Who oversees it, and how an outcome is contested and put right"),
    BlankField(7, "dpo-advice", "Advice of the data protection officer"),
    BlankField(7, "decision", "Decision, by whom, and when"),
    BlankField(7, "review-date", "Date of the next review"),
)
"""What no program may answer."""

QUESTIONS = (
    PackQuestion(1, "What are the positions used for?", ICO, ("purpose",)),
    PackQuestion(1, "Is the purpose one, and written down where it binds?", CNIL, ("purpose", "rules")),
    PackQuestion(1, "What problem is to be solved, and what shows that it is there?", ICO, ("why-now",)),
    PackQuestion(1, "Who asked for it?", TUC, ("why-now",)),
    PackQuestion(2, "Which data are collected, of whom, and from where?", ICO, ("inputs",)),
    PackQuestion(2, "Who holds which of them, and who sees them?", ICO, ("holders",)),
    PackQuestion(2, "How much is released, and how much is hidden?", ATRS, ("runs",)),
    PackQuestion(2, "Is anybody located outside working time?", CNIL, ("rules", "runs")),
    PackQuestion(2, "Are breaks, leave and private use left out?", CNIL, ("rules", "codes")),
    PackQuestion(2, "Can the worker switch the device off outside working time?", CNIL, ("switch",)),
    PackQuestion(2, "How exact are places and times?", ICO, ("rules",)),
    PackQuestion(2, "For how long are positions kept?", CNIL, ("retention",)),
    PackQuestion(2, "Was anything deleted, and when?", ICO, ("retention",)),
    PackQuestion(2, "Are the data accurate: what was late, doubtful or missing?", ICO, ("gaps", "record-times")),
    PackQuestion(2, "Whose data are incomplete, so that they are treated otherwise?", ATRS, ("gaps",)),
    PackQuestion(2, "Are data combined with other tables?", ICO, ("inputs",)),
    PackQuestion(2, "Do data leave the country, or go to a supplier?", ICO, ("suppliers",)),
    PackQuestion(3, "Which representatives were consulted, and when?", WORKS, ("agreements",)),
    PackQuestion(3, "What did they say?", ICO, ("views",)),
    PackQuestion(3, "Did they get the figures before the decision?", WORKS, ("agreements", "runs")),
    PackQuestion(3, "Was anything put in force without them?", TUC, ("exceptions",)),
    PackQuestion(3, "What has changed since they last agreed?", WORKS, ("changes",)),
    PackQuestion(4, "What is the lawful basis?", ICO, ("lawful-basis",)),
    PackQuestion(4, "Which law applies?", ICO, ("which-law",)),
    PackQuestion(4, "Why is it necessary, and in proportion?", ICO, ("necessity",)),
    PackQuestion(4, "Which less intrusive ways were tried?", CNIL, ("less-intrusive",)),
    PackQuestion(4, "Which analyses may be made, for whom, and for how long are they kept?", WORKS, ("analyses",)),
    PackQuestion(4, "How often is each analysis wrong?", ATRS, ("error-cards",)),
    PackQuestion(4, "Are decisions about people made by a machine alone?", ICO, ("machine-alone",)),
    PackQuestion(4, "May findings be used for discipline or for performance?", TUC, ("discipline",)),
    PackQuestion(4, "What are workers told, and when?", ICO, ("notice",)),
    PackQuestion(4, "How does a worker get the own data?", ICO, ("own-copy",)),
    PackQuestion(5, "Can a home be found from what is released?", ICO, ("attacks",)),
    PackQuestion(5, "Which attacks were tried, and which lines were crossed?", ATRS, ("attacks",)),
    PackQuestion(5, "Did positions come out later that were hidden first?", ICO, ("verified",)),
    PackQuestion(5, "Who has looked since the last agreement, and why?", WORKS, ("looked",)),
    PackQuestion(5, "Are some groups of workers watched more than others?", TUC, ("groups",)),
    PackQuestion(6, "What would another policy change?", WORKS, ("what-if",)),
    PackQuestion(6, "Which policies were tried out?", WORKS, ("trials",)),
    PackQuestion(6, "Which rules are weaker than usual?", TUC, ("weaker",)),
    PackQuestion(6, "Can it be checked from outside that the rules are kept?", ATRS, ("verified",)),
    PackQuestion(6, "Who oversees it, and how is an outcome contested?", ATRS, ("oversight",)),
    PackQuestion(7, "What does the data protection officer advise?", ICO, ("dpo-advice",)),
    PackQuestion(7, "Who decided what, and when?", ICO, ("decision",)),
    PackQuestion(7, "When is it reviewed?", ICO, ("review-date",)),
)
