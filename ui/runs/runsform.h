// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/runseries.h"
#include "runs/setlistmodel.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QSpinBox;

namespace cutover::ui {

/// Where the sets of runs are chosen: how the guest is moved, how often, and what is kept.
class RunsForm : public QWidget
{
    Q_OBJECT
public:
    explicit RunsForm(QWidget* parent = nullptr);

    RunSeries::Plan plan() const;
    /// Why the plan cannot be run; nothing when it can.
    Result<void> check() const;
    SetListModel& model() { return m_model; }
    void chooseSet(int row);

Q_SIGNALS:
    void changed();

protected:
    /// To the list of sets.
    void focusInEvent(QFocusEvent* event) override;

private:
    QWidget* makeList();
    QWidget* makeFields();
    QWidget* makeSeries();
    void addProgramFields(QFormLayout* form);
    void addHandoverFields(QFormLayout* form);
    int row() const;
    /// The fields show what the chosen set says.
    void show();
    /// The chosen set becomes what the fields say.
    void take();
    void takeText();
    void updateFields();
    void chooseFolder();

    SetListModel m_model;
    QListView* m_list = nullptr;
    QPushButton* m_add = nullptr;
    QPushButton* m_remove = nullptr;
    QLineEdit* m_name = nullptr;
    QComboBox* m_vmm = nullptr;
    QLineEdit* m_source = nullptr;
    QLineEdit* m_newBinary = nullptr;
    QComboBox* m_mode = nullptr;
    QComboBox* m_handover = nullptr;
    QCheckBox* m_fds = nullptr;
    QSpinBox* m_ram = nullptr;
    QComboBox* m_load = nullptr;
    QLineEdit* m_text = nullptr;
    QLabel* m_problem = nullptr;
    QSpinBox* m_count = nullptr;
    QComboBox* m_keep = nullptr;
    QLineEdit* m_folder = nullptr;
    bool m_showing = false;
};

} // namespace cutover::ui
