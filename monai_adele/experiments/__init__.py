"""Grids of trainings: declared, run over many sessions, and summed up."""

from monai_adele.experiments.benchmark_cost import cost_ratio, cost_table
from monai_adele.experiments.benchmark_page import benchmark_page
from monai_adele.experiments.grid import Factor, Grid, read_grid
from monai_adele.experiments.grid_lock import GridLock
from monai_adele.experiments.grid_runner import GridRunner
from monai_adele.experiments.markdown import markdown_table
from monai_adele.experiments.memorization_figure import memorization_figure
from monai_adele.experiments.paired_runs import (
    PairedRuns,
    paired_runs,
    pooled_difference,
    pooled_points,
    pooled_share,
)
from monai_adele.experiments.recovered_share import (
    ShareEstimate,
    mean_difference,
    recovered_share,
    share_difference,
    share_of_gap,
)
from monai_adele.experiments.run_clock import RunClock, read_clock
from monai_adele.experiments.share_figure import share_figure
from monai_adele.experiments.stress_figure import stress_figure
from monai_adele.experiments.stress_grid import stress_grid
from monai_adele.experiments.stress_noises import STRESS_NOISES, stress_noises
from monai_adele.experiments.stress_report import stress_report, stress_words
from monai_adele.experiments.stress_result import StressResult, adele_on_clean, stress_results
from monai_adele.experiments.trial import Trial
from monai_adele.experiments.trial_folder import TrialFolder
from monai_adele.experiments.trial_outcome import code_digest, failed_trial_record, finished_trial_record
from monai_adele.experiments.trial_process import run_trial
from monai_adele.experiments.trial_record import (
    TrialRecord,
    append_trial_record,
    merge_trial_records,
    read_trial_records,
)

__all__ = [
    "Factor",
    "Grid",
    "GridLock",
    "GridRunner",
    "PairedRuns",
    "RunClock",
    "STRESS_NOISES",
    "ShareEstimate",
    "StressResult",
    "Trial",
    "TrialFolder",
    "TrialRecord",
    "adele_on_clean",
    "append_trial_record",
    "benchmark_page",
    "code_digest",
    "cost_ratio",
    "cost_table",
    "failed_trial_record",
    "finished_trial_record",
    "markdown_table",
    "mean_difference",
    "memorization_figure",
    "merge_trial_records",
    "paired_runs",
    "pooled_difference",
    "pooled_points",
    "pooled_share",
    "read_clock",
    "read_grid",
    "read_trial_records",
    "recovered_share",
    "run_trial",
    "share_difference",
    "share_figure",
    "share_of_gap",
    "stress_figure",
    "stress_grid",
    "stress_noises",
    "stress_report",
    "stress_results",
    "stress_words",
]
