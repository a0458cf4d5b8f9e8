// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/parametersdelegate.h"

#include "start/parametersmodel.h"

#include <QComboBox>
#include <QDoubleSpinBox>

namespace cutover::ui {

using Type = ParameterRow::Type;

/// The largest whole number that a JSON number keeps.
static constexpr double largestInteger = 9'007'199'254'740'992.0;

static const ParameterRow* rowAt(const QModelIndex& index)
{
    return static_cast<const ParameterRow*>(index.data(ParametersModel::RowRole).value<const void*>());
}

QWidget* ParametersDelegate::createEditor(
    QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const ParameterRow* row = rowAt(index);
    QWidget* editor = nullptr;
    if (row && row->type == Type::Choice) {
        auto* box = new QComboBox(parent);
        box->addItems(row->choices);
        // One choice is the whole edit.
        connect(box, &QComboBox::activated, this, [this, box] {
            auto* self = const_cast<ParametersDelegate*>(this); // NOLINT: signals of a const delegate
            Q_EMIT self->commitData(box);
            Q_EMIT self->closeEditor(box);
        });
        editor = box;
    } else if (row && (row->type == Type::Integer || row->type == Type::Number)) {
        auto* box = new QDoubleSpinBox(parent);
        box->setFrame(false);
        box->setDecimals(row->type == Type::Integer ? 0 : 3);
        box->setRange(0, largestInteger);
        box->setGroupSeparatorShown(true);
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        if (!row->unit.isEmpty())
            box->setSuffix(u' ' + row->unit);
        editor = box;
    } else {
        editor = QStyledItemDelegate::createEditor(parent, option, index);
    }
    if (editor && row)
        editor->setAccessibleName(row->name);
    return editor;
}

void ParametersDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    if (auto* box = qobject_cast<QComboBox*>(editor))
        box->setCurrentText(index.data(Qt::EditRole).toString());
    else if (auto* number = qobject_cast<QDoubleSpinBox*>(editor))
        number->setValue(index.data(Qt::EditRole).toDouble());
    else
        QStyledItemDelegate::setEditorData(editor, index);
}

void ParametersDelegate::setModelData(
    QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const
{
    if (const auto* box = qobject_cast<QComboBox*>(editor)) {
        model->setData(index, box->currentText());
    } else if (auto* number = qobject_cast<QDoubleSpinBox*>(editor)) {
        number->interpretText();
        model->setData(index, number->value());
    } else {
        QStyledItemDelegate::setModelData(editor, model, index);
    }
}

} // namespace cutover::ui
