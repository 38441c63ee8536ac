"""Findings and judged cases made by hand, for tests of pages and commands."""

import numpy as np

from monai_adele.audit import AuditReport, JudgedCase, audit_label

NAMES = ("background", "liver", "kidney")


def judged_case(case_id, *, skipped=True, corrected=False):
    """A volume whose liver lacks a slice, where it is skipped."""
    truth = np.zeros((12, 14, 6), np.uint8)
    truth[2:7, 2:11, 1:5], truth[8:11, 3:9, 2:5] = 1, 2
    label = truth.copy()
    if skipped:
        label[:, :, 3][label[:, :, 3] == 1] = 0
    probs = np.stack([np.where(truth == c, 0.96, 0.02) for c in range(3)])
    spacing, better = (2.0, 1.0, 4.0), truth if corrected else label
    epochs = {1: 7} if corrected else {}
    found = audit_label(
        case_id, label, probs, class_names=NAMES, spacing=spacing, corrected=better, corrected_epochs=epochs
    )
    image = (100 * truth).astype(np.float32)
    return JudgedCase(case_id, tuple(found), image, label, better, truth, spacing, np.diag([2.0, 1.0, 4.0, 1.0]))


def small_report(*case_ids, notes=()):
    """A report of cases, the first of which is wrong, and the cases."""
    cases = [
        judged_case(case_id, skipped=number == 0, corrected=number == 0) for number, case_id in enumerate(case_ids)
    ]
    findings = tuple(finding for case in cases for finding in case.findings)
    return AuditReport(findings, "runs/a", NAMES, tuple(notes), {"store_version": 3}), cases
