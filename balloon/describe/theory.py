"""What holds for every scenario: the order of a step, the concepts behind it, and what is left out.

Formulae follow docs/decisions/0006; the functions named here are quoted from their source.
"""

from __future__ import annotations

from typing import NamedTuple


class Phase(NamedTuple):
    """One part of a step."""

    letter: str
    name: str
    what: str
    formula: str
    functions: tuple[str, ...]
    """Functions of `balloon.behaviour.rules` and `balloon.behaviour.decide` that it rests on."""


PHASES = (
    Phase(
        "a",
        "Policy",
        "The interventions in force at the midpoint of the step set, for each group and platform, the "
        "share of requests answered, requests, undercover work, utilities, availability and seizures. "
        "They apply in the order cooperation, outreach, budget, crackdown, change of a platform, launch "
        "and takedown, announcement. What adapts (outreach, budget) looks at the end of earlier steps.",
        "in force  ⇔  start ≤ midpoint of the step < until\n"
        "ramp: old value + (new value - old value) · min(1, weeks since start / ramp_weeks)\n"
        "budget: requests on platform p = requests · actors · share of p seen lag_weeks ago / actors on p",
        (),
    ),
    Phase(
        "b",
        "Arrest",
        "Each actor at home on an available platform meets the pressure there; those whose data were "
        "taken in a seizure meet its rate as well, wherever they are. All sources add up to one rate, met "
        "by one uniform number; another one says which source the evidence came from. Who is arrested is "
        "removed and loses apps and habit.",
        "λ = exposure · (undercover + requests · cooperation · arrests_per_answer) + Σ seizure\n"
        "P(removed in the step) = 1 - exp(-λ · weeks)",
        ("hazard", "chance", "struck", "seizure_rate", "source_of"),
    ),
    Phase(
        "c",
        "Revision and choice",
        "Those not arrested reconsider at their rate of revision; those whose platform closed must "
        "choose. They compare every available platform that can be reached, and dormancy, by the state at "
        "the end of the last step, and take the best. A choice starts from the home, or from the habit of "
        "a dormant actor. After it come apps: the chosen platform's is installed, a trial may add "
        "another, each but the new home's may be dropped.",
        "P(revision in the step) = min(1, rate · weeks)\n"
        "V(platform) = utility rule\n"
        "V(dormant)  = outside_option\n"
        "choice      = argmax over options of V + Gumbel shock (one for each actor, step and option)",
        ("revision_rate", "utility", "habit_after", "apps_after", "held_in_evidence", "met"),
    ),
    Phase(
        "d",
        "Replacement",
        "The role of an actor who was removed before this step may be filled by a newcomer: same slot, "
        "group, contacts and risk aversion, no apps, no habit. It chooses at once, dormancy included, and "
        "cannot be arrested in that step.",
        "P(filled in the step) = 1 - exp(-replacement_rate · weeks)",
        (),
    ),
    Phase(
        "e",
        "Application",
        "All moves are applied at once, so that no order of actors exists that could matter. Over "
        "platforms, dormant and removed the actors add up to the same number at every step.",
        "",
        (),
    ),
    Phase(
        "f",
        "Learning",
        "Each group learns the arrest rate on each platform from the arrests of the step among those at "
        "home there at its start; announcements shift beliefs after that. Beliefs and counts are seen "
        "from the next step on.",
        "h ← h + (1 - exp(-learning_rate · weeks)) · (arrests / weeks - actors · h) / (actors + "
        "credibility)\n"
        "b = 1 - exp(-52 · h)   (shown as an annual probability)",
        ("learnt", "annual", "per_week"),
    ),
)

CONCEPTS = (
    (
        "Theoretical and empirical background",
        (
            "Choice is that of a random utility with Gumbel shocks, a multinomial logit of platforms "
            "(McFadden 1974) with costs of switching, peers and perceived risk. Whether displacement, "
            "deterrence or diffusion of benefits follows is an outcome: of 574 observations in 102 "
            "evaluations 26 % showed displacement and 27 % diffusion (Guerette & Bowers 2009, S101), and "
            "the picture of a balloon that bulges elsewhere when squeezed is disputed (Windle "
            "& Farrell 2012). That the arrested raise their perceived risk is observed (Lochner 2003, "
            "S113). Data enter as dated interventions, start values and ranges; each number states its "
            "source, or that it is an assumption."
        ),
    ),
    (
        "Individual decision-making",
        (
            "Actors decide on one thing: which platform is their home, dormancy included. They take the "
            "option of the largest utility plus shock, from what they see now; they do not plan. Risk "
            "aversion weighs the believed annual probability of arrest. Most of the time they do not "
            "reconsider (inertia by the rate of revision), and leaving a habit costs (inertia by the cost "
            "of switching). Social norms enter by peers only; place enters by frictions between platforms."
        ),
    ),
    (
        "Learning",
        (
            "Groups, not single actors, learn arrest rates from the arrests among their members. The "
            "rules of decision do not change."
        ),
    ),
    (
        "Individual sensing",
        (
            "At the end of the last step an actor sees: the homes of its contacts (peers) and who of them "
            "was removed (vigilance); its group's beliefs; which platforms are open, and the costs of "
            "getting there. It does not see rates of answers, requests or undercover work, only arrests "
            "and announcements. Nothing that is sensed is misread, except that beliefs lag."
        ),
    ),
    (
        "Individual prediction",
        "None beyond beliefs: the believed arrest rate is taken to last.",
    ),
    (
        "Interaction",
        (
            "Indirect, by three ways: contacts draw (peers) and warn (vigilance); arrests teach the whole "
            "group; police work that follows the crowd (outreach, budget) makes crowded platforms riskier."
        ),
    ),
    (
        "Collectives",
        (
            "Groups (an offence type, a jurisdiction, or both) share beliefs, exposure, the distribution "
            "of risk aversion and start shares. Communities of contacts are drawn, not decided upon."
        ),
    ),
    (
        "Heterogeneity",
        (
            "Actors differ in group, risk aversion (log-normal), contacts, home, habit and apps; all of "
            "them decide by the same rules."
        ),
    ),
    (
        "Stochasticity",
        (
            "Start homes, start apps, risk aversion, contacts, arrests and their source, revisions, "
            "shocks, trials, dropping of apps and replacements are random. Every number is a pure "
            "function of its address, so that two scenarios with one seed differ by what differs between "
            "them."
        ),
    ),
    (
        "Observation",
        (
            "At each step: actors by home, by group and home, moves from place to place, arrests by the "
            "platform the evidence came from, joins, installed and active apps, beliefs, newcomers, and "
            "the same actors' places at the reference date and now. Results are medians and ranges (5, "
            "25, 50, 75, 95 %) over replicates."
        ),
    ),
)

NOT_MODELLED = (
    "release from prison",
    "growth in the number of offenders",
    "the delay from request to arrest",
    "arrest through an idle app outside seizures",
    "lasting tastes: shocks are drawn anew at each revision",
    "what is said: neither content nor crimes are modelled, only where actors are",
    "persons: actors are synthetic, and nothing about a person can be predicted",
)

REFERENCES = (
    "Funtowicz, S. O. & Ravetz, J. R. (1990). Uncertainty and Quality in Science for Policy. Kluwer.",
    (
        "Grimm, V. et al. (2020). The ODD protocol for describing agent-based and other simulation "
        "models: a second update to improve clarity, replication, and structural realism. JASSS 23(2), 7."
    ),
    (
        "Guerette, R. T. & Bowers, K. J. (2009). Assessing the extent of crime displacement and diffusion "
        "of benefits. Criminology 47(4). (S101)"
    ),
    (
        "McFadden, D. (1974). Conditional logit analysis of qualitative choice behavior. In: Frontiers in "
        "Econometrics."
    ),
    (
        "McKay, M. D., Beckman, R. J. & Conover, W. J. (1979). A comparison of three methods for "
        "selecting values of input variables. Technometrics 21(2), 239-245."
    ),
    (
        "Monks, T. et al. (2019). Strengthening the reporting of empirical simulation studies: "
        "introducing the STRESS guidelines. Journal of Simulation 13(1), 55-67."
    ),
    (
        "Müller, B. et al. (2013). Describing human decisions in agent-based models: ODD + D, an "
        "extension of the ODD protocol. Environmental Modelling & Software 48, 37-48."
    ),
    (
        "Salmon, J. K., Moraes, M. A., Dror, R. O. & Shaw, D. E. (2011). Parallel random numbers: as easy "
        "as 1, 2, 3. SC '11."
    ),
    "Windle, J. & Farrell, G. (2012). Popping the balloon effect. Substance Use & Misuse 47(8-9), 868-876.",
)
