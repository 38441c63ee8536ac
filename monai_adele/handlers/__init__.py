"""Ignite handlers: detection of memorization, correction of labels, and what a run needs around them."""

from monai_adele.handlers.epoch_seeder import EpochSeeder
from monai_adele.handlers.evaluation_pass import EvaluationPass
from monai_adele.handlers.final_evaluation import FinalEvaluation
from monai_adele.handlers.finite_guard import FiniteGuard
from monai_adele.handlers.graceful_stop import GracefulStop
from monai_adele.handlers.label_corrector import LabelCorrector
from monai_adele.handlers.memorization_detector import MemorizationDetector, MemorizationEvents
from monai_adele.handlers.prediction_source import CasePrediction, PredictionSource
from monai_adele.handlers.progress_log import ProgressLog
from monai_adele.handlers.run_checkpoint import RunCheckpoint
from monai_adele.handlers.training_predictions import TrainingPredictions
from monai_adele.handlers.truth_monitor import TruthMonitor

__all__ = [
    "CasePrediction",
    "EpochSeeder",
    "EvaluationPass",
    "FinalEvaluation",
    "FiniteGuard",
    "GracefulStop",
    "LabelCorrector",
    "MemorizationDetector",
    "MemorizationEvents",
    "PredictionSource",
    "ProgressLog",
    "RunCheckpoint",
    "TrainingPredictions",
    "TruthMonitor",
]
