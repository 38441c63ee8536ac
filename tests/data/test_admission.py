"""Admission: each test damages one thing in a valid dataset."""

import gzip
import hashlib
import io
import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from monai_adele.data import admit_cases, find_cases
from monai_adele.errors import DataError, GeometryError, LabelValueError


def admit(dataset, **arguments):
    return admit_cases(find_cases(dataset.root), progress=False, **arguments)


def refused(dataset, damage, kind=DataError):
    """Show that the dataset passes, damage it, and answer the one line of the refusal."""
    admit(dataset)
    damage()
    with pytest.raises(kind) as error:
        admit(dataset)
    (line,) = error.value.problems
    assert type(error.value) is kind
    assert "\n" not in line
    return line


def overwrite(path, change):
    content = path.read_bytes()
    path.write_bytes(change(content))


IMAGE = "case 'b' (imagesTr/b.nii.gz): "
LABEL = "case 'b' (labelsTr/b.nii.gz): "


def test_a_sound_dataset_is_admitted_with_its_facts(dataset):
    report = admit(dataset)
    assert (report.case_list.num_channels, report.case_list.spatial_dims, report.notes) == (1, 3, ())
    facts = report.facts["b"]
    assert (facts.shape, facts.spacing_mm, facts.num_channels) == ((5, 6, 4), (2.0, 1.0, 1.0), 1)
    assert facts.ids == {0: 120 - 12 - 6, 1: 12, 2: 6}
    assert facts.label_digest == hashlib.sha256(dataset.label_path("b").read_bytes()).hexdigest()


def test_missing_files_of_a_datalist_are_all_listed(dataset):
    entries = [{"image": f"imagesTr/{c}.nii.gz", "label": f"labelsTr/{c}.nii.gz"} for c in "abc"]
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, training=entries)
    admit(dataset)
    dataset.image_path("a").unlink()
    dataset.label_path("c").unlink()
    with pytest.raises(DataError) as error:
        admit(dataset)
    assert [line.split(", expected")[0] for line in error.value.problems] == [
        "case 'a' (imagesTr/a.nii.gz): file is missing",
        "case 'c' (labelsTr/c.nii.gz): file is missing",
    ]


def test_an_empty_file_is_refused(dataset):
    line = refused(dataset, lambda: dataset.label_path("b").write_bytes(b""))
    assert line.startswith(LABEL + "file is empty (0 bytes)")


def test_a_truncated_file_is_refused(dataset):
    line = refused(dataset, lambda: overwrite(dataset.image_path("b"), lambda c: c[: len(c) // 2]))
    assert line.startswith(IMAGE + "file is cut short")


@pytest.mark.parametrize("trailer", [-8, -1])  # checksum and length, which nibabel does not look at
def test_a_flipped_bit_of_the_checksum_is_refused(dataset, trailer):
    def flip(content):
        content = bytearray(content)
        content[trailer] ^= 1
        return bytes(content)

    line = refused(dataset, lambda: overwrite(dataset.label_path("b"), flip))
    assert line.startswith(LABEL + "file is damaged: its checksum")


def test_a_file_that_is_no_image_is_refused(dataset):
    line = refused(dataset, lambda: dataset.image_path("b").write_text("not an image"))
    assert line.startswith(IMAGE + "file is not compressed by gzip")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([7], "ids [7] in 1 voxels, expected 0..2; remap them with MapLabelValued"),
        ([7, 9, 9], "ids [7, 9] in 3 voxels, expected 0..2"),
        ([255], "ids [255] in 1 voxels, expected 0..2"),
        ([-1], "negative ids [-1] in 1 voxels, expected 0..2"),
        ([0.7], "fractional values [0.7] in 1 voxels, expected whole ids"),
        ([1.998], "fractional values [1.998] in 1 voxels"),
        ([np.nan, np.nan], "NaN or infinity [nan] in 2 voxels"),
    ],
)
def test_values_that_are_no_declared_id_are_refused(dataset, values, found):
    label = dataset.label().astype(np.float32)
    label[0, 0, : len(values)] = values
    line = refused(dataset, lambda: dataset.put_label("b", label), LabelValueError)
    assert line.startswith(LABEL + "label holds " + found)


def test_values_within_a_thousandth_of_an_id_count_as_the_id(dataset):
    dataset.put_label("b", dataset.label() * np.float32(0.9998))
    assert admit(dataset).facts["b"].ids == admit(dataset).facts["a"].ids


def test_ids_made_fractional_by_the_scale_of_the_file_are_refused(dataset):
    def scale():
        patch_header(dataset.label_path("b"), scl_slope=1 / 3, scl_inter=0.0)

    assert "fractional values [0.333333, 0.666667] in 18 voxels" in refused(dataset, scale, LabelValueError)


def test_the_ignored_id_is_refused_unless_declared(dataset):
    label = dataset.label()
    label[0] = 255
    dataset.put_label("b", label)
    with pytest.raises(LabelValueError, match=r"case 'b' \(labelsTr/b.nii.gz\).*\[255\] in 24 voxels"):
        admit(dataset)
    found = find_cases(dataset.root, ignore_index=255)
    assert admit_cases(found, progress=False).facts["b"].ids[255] == 24


def test_a_one_hot_label_is_refused(dataset):
    one_hot = np.stack([dataset.label() == i for i in range(3)], axis=-1).astype(np.uint8)
    line = refused(dataset, lambda: dataset.put_label("b", one_hot), LabelValueError)
    assert line.startswith(LABEL + "label has 3 channels, expected one of ids; take the argmax")


def test_a_label_with_a_channel_axis_of_one_is_admitted(dataset):
    dataset.put_label("b", dataset.label()[..., None])
    assert admit(dataset).facts["b"].ids == admit(dataset).facts["a"].ids


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_image_that_is_not_finite_is_refused(dataset, bad):
    image = np.ones((5, 6, 4), dtype=np.float32)
    image[4, 5, 3] = bad
    line = refused(dataset, lambda: dataset.put_image("b", image))
    assert line.startswith(IMAGE + "image holds NaN or infinity in 1 voxels")


def test_shapes_that_differ_are_refused_with_both(dataset):
    line = refused(dataset, lambda: dataset.put_label("b", dataset.label()[:, :, :3]), GeometryError)
    assert line.startswith(LABEL + "shape of the label is (5, 6, 3), expected the image's (5, 6, 4)")


def test_swapped_axes_are_refused(dataset):
    line = refused(dataset, lambda: dataset.put_label("b", dataset.label().swapaxes(0, 1)), GeometryError)
    assert "shape of the label is (6, 5, 4)" in line


def test_a_shifted_affine_is_refused_with_its_distance(dataset):
    moved = np.diag([2.0, 1.0, 1.0, 1.0])
    moved[:3, 3] = (3.0, 4.0, 0.0)
    line = refused(dataset, lambda: dataset.put_label("b", dataset.label(), moved), GeometryError)
    assert line.startswith(
        LABEL + "affine of the label is 5 mm off the image's at the corners (spacings 2x1x1 and"
    )


def test_another_spacing_is_refused_unless_the_tolerance_allows_it(dataset):
    wide = np.diag([2.0, 1.2, 1.0, 1.0])
    line = refused(dataset, lambda: dataset.put_label("b", dataset.label(), wide), GeometryError)
    assert "1.1 mm off" in line  # six voxels along y end at 5.5, each 0.2 mm too wide
    admit(dataset, affine_tolerance_mm=1.2)


def test_rounding_of_an_oblique_affine_is_no_problem(dataset):
    rng = np.random.default_rng(3)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    oblique = np.eye(4)
    oblique[:3, :3] = rotation * (2.0, 1.0, 1.0)
    oblique[:3, 3] = (-120.3, 88.7, 12.1)
    dataset.put_image("b", rng.normal(size=(5, 6, 4)).astype(np.float32), oblique)
    dataset.put_label(
        "b", dataset.label(), oblique + rng.normal(size=(4, 4)) * 1e-5 * (np.arange(4) < 3)[:, None]
    )
    assert admit(dataset).notes == ()


def save_with_forms(dataset, sform, qform):
    image = nib.Nifti1Image(dataset.label(), sform)
    image.set_sform(sform, code=1)
    image.set_qform(qform, code=1)
    nib.save(image, dataset.label_path("b"))


def test_sform_against_qform_is_refused(dataset):
    affine = np.diag([2.0, 1.0, 1.0, 1.0])
    save_with_forms(dataset, affine, affine)
    flipped = np.diag([-2.0, 1.0, -1.0, 1.0])
    line = refused(dataset, lambda: save_with_forms(dataset, affine, flipped), GeometryError)
    assert line.startswith(LABEL + "sform and qform disagree by")


@pytest.mark.parametrize(("entry", "rule"), [(np.nan, "affine holds NaN"), (0.0, "affine is singular")])
def test_an_affine_that_places_nothing_is_refused(dataset, entry, rule):
    admit(dataset)
    image = nib.Nifti1Image(dataset.label(), np.diag([2.0, 1.0, 1.0, 1.0]))
    for path in (dataset.label_path("b"), dataset.image_path("b")):
        nib.save(image, path)
        patch_header(path, srow_y=(0, entry, 0, 0))
    with pytest.raises(DataError, match=rf"case 'b' \(imagesTr/b.nii.gz\): {rule}"):
        admit(dataset)


def test_a_qform_with_nan_is_refused(dataset):
    def break_qform():
        affine = np.diag([2.0, 1.0, 1.0, 1.0])
        save_with_forms(dataset, affine, affine)
        patch_header(dataset.label_path("b"), quatern_b=np.nan)

    assert refused(dataset, break_qform).startswith(LABEL + "affine holds NaN or infinity (qform)")


def patch_header(path, **fields):
    """Change header fields of a compressed NIfTI without nibabel's care."""
    content = gzip.decompress(path.read_bytes())
    header = nib.Nifti1Header.from_fileobj(io.BytesIO(content), check=False)
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(gzip.compress(header.binaryblock + content[348:]))


def test_a_sheared_affine_is_admitted(dataset):
    sheared = np.diag([2.0, 1.0, 1.0, 1.0])
    sheared[0, 1] = 0.4
    dataset.put_image("b", np.arange(120, dtype=np.int16).reshape(5, 6, 4), sheared)
    dataset.put_label("b", dataset.label(), sheared)
    assert admit(dataset).facts["b"].spacing_mm == pytest.approx((2.0, np.hypot(1.0, 0.4), 1.0))


@pytest.mark.parametrize("shape", [(1, 1, 1), (6, 7, 1)])
def test_the_smallest_volumes_are_admitted(dataset, shape):
    for case_id in "abc":
        dataset.put_image(case_id, np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
        dataset.put_label(case_id, np.ones(shape, dtype=np.uint8))
    assert admit(dataset).case_list.spatial_dims == 3


def test_channels_that_differ_between_cases_are_refused(dataset):
    dataset.declare(labels={"background": 0, "front": 1, "back": 2})
    line = refused(dataset, lambda: dataset.put_image("b", np.ones((5, 6, 4, 2), dtype=np.float32)))
    assert line == IMAGE + "image has 2 channels, expected the 1 of most cases; correct either"


def test_channels_must_be_those_declared(dataset):
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, modality={"0": "T1", "1": "T2"})
    with pytest.raises(DataError) as error:
        admit(dataset)
    assert [line.split("): ")[1] for line in error.value.problems] == [
        "image has 1 channels, expected the 2 declared; correct either"
    ] * 3


def test_channel_files_count_as_channels_and_lie_on_one_grid(dataset):
    (dataset.root / "dataset.json").unlink()
    for case_id in "abc":
        shutil.copy(dataset.image_path(case_id), dataset.root / "imagesTr" / f"{case_id}_0001.nii.gz")
        dataset.image_path(case_id).rename(dataset.root / "imagesTr" / f"{case_id}_0000.nii.gz")
    assert admit(dataset).case_list.num_channels == 2
    second = dataset.root / "imagesTr" / "b_0001.nii.gz"
    dataset.save(np.arange(120.0).reshape(5, 6, 4), second, np.diag([2.0, 1.0, 3.0, 1.0]))
    with pytest.raises(
        GeometryError, match=r"case 'b' \(imagesTr/b_0001.nii.gz\): affine of the channel is 7 mm off"
    ):
        admit(dataset)


def test_cases_in_two_and_three_dimensions_are_refused(dataset):
    dataset.put_image("b", np.arange(30, dtype=np.float32).reshape(5, 6))
    dataset.put_label("b", dataset.label()[:, :, 1])
    with pytest.raises(
        GeometryError, match=r"case 'b' \(imagesTr/b.nii.gz\): image has 2 spatial axes, expected the 3"
    ):
        admit(dataset)


def test_two_dimensional_images_in_color_are_admitted(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (7, 5, 3)).astype(np.uint8)).save(tmp_path / "images" / "a.png")
    label = Image.fromarray((np.arange(35).reshape(7, 5) // 18).astype(np.uint8), mode="L")
    label.convert("P").save(tmp_path / "labels" / "a.png")
    report = admit_cases(find_cases(tmp_path), progress=False)
    assert (report.case_list.num_channels, report.case_list.spatial_dims) == (3, 2)
    assert report.facts["a"].shape == (5, 7)
    assert report.facts["a"].ids == {0: 18, 1: 17}


def test_a_palette_image_is_refused(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.eye(6, dtype=np.uint8)).convert("P").save(tmp_path / folder / "a.png")
    with pytest.raises(DataError, match=r"case 'a' \(images/a.png\): image holds indices into a palette"):
        admit_cases(find_cases(tmp_path), progress=False)


def test_undeclared_classes_are_the_ids_found(dataset):
    (dataset.root / "dataset.json").unlink()
    assert admit(dataset).case_list.class_names == ("background", "class_1", "class_2")


def test_undeclared_ids_with_a_gap_are_refused_where_they_occur(dataset):
    (dataset.root / "dataset.json").unlink()
    label = dataset.label()
    label[0, 0, :2] = 5
    line = refused(dataset, lambda: dataset.put_label("b", label), LabelValueError)
    assert line.startswith(LABEL + "label holds ids [5] in 2 voxels, but none 3")
    assert line.endswith("remap them with MapLabelValued")


def test_labels_of_background_only_and_absent_classes_are_noted_once(dataset):
    dataset.put_label("b", np.zeros((5, 6, 4), dtype=np.uint8))
    dataset.declare(labels={"background": 0, "front": 1, "back": 2, "top": 3})
    assert admit(dataset).notes == (
        "1 classes occur in no label and will never be corrected: 'top' (3)",
        "1 labels hold only background and tell nothing about any class: b",
    )


def test_a_constant_image_is_noted(dataset):
    dataset.put_image("b", np.full((5, 6, 4), 3.0, dtype=np.float32))
    assert admit(dataset).notes == ("1 images have a constant channel: b",)


def test_the_truth_obeys_the_rules_of_labels(dataset):
    shutil.copy(dataset.label_path("b"), dataset.root / "truth.nii.gz")
    entry = {"image": "imagesTr/b.nii.gz", "label": "labelsTr/b.nii.gz", "truth": "truth.nii.gz"}
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, training=[entry])

    def damage():
        dataset.save(np.full((5, 6, 4), 9, dtype=np.uint8), dataset.root / "truth.nii.gz")

    line = refused(dataset, damage, LabelValueError)
    assert line.startswith("case 'b' (truth.nii.gz): label holds ids [9] in 120 voxels")


def test_all_problems_of_all_cases_are_told_at_once(dataset):
    dataset.label_path("a").unlink()
    dataset.put_label("b", np.full((5, 6, 3), 7, dtype=np.uint8))
    overwrite(dataset.image_path("c"), lambda content: content[:50])
    with pytest.raises(DataError) as error:
        admit_cases(find_cases(dataset.root, on_problem="collect"), progress=False)
    assert type(error.value) is DataError
    found = [line.split(" ", 1)[1][:28] for line in error.value.problems]
    assert found == [
        "'a' (imagesTr/a.nii.gz): is ",
        "'b' (labelsTr/b.nii.gz): lab",
        "'b' (labelsTr/b.nii.gz): sha",
        "'c' (imagesTr/c.nii.gz): fil",
    ]


def test_reports_are_the_same_for_any_number_of_workers(dataset):
    assert admit(dataset, workers=1) == admit(dataset, workers=3)


def test_nothing_is_written(dataset):
    files = sorted(dataset.root.rglob("*"))
    for path in files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in files}
    admit(dataset)
    assert sorted(dataset.root.rglob("*")) == files
    assert {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in files} == before


@pytest.mark.parametrize(
    "arguments", [{"affine_tolerance_mm": -1}, {"affine_tolerance_mm": np.nan}, {"workers": 0}]
)
def test_arguments_out_of_range_are_refused(dataset, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        admit(dataset, **arguments)


def test_hippocampus_is_admitted_whole(hippocampus):
    report = admit_cases(find_cases(hippocampus), progress=False)
    assert len(report.facts) == len(json.loads((hippocampus / "dataset.json").read_text())["training"]) == 260
    assert report.case_list.class_names == ("background", "Anterior", "Posterior")
    assert report.notes == ()
    assert {frozenset(facts.ids) for facts in report.facts.values()} == {frozenset({0, 1, 2})}
