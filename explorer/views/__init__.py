"""What one sees: diagrams, charts, tables. Computes nothing and imports no streamlit."""
